/**
 * Finding topics and partitions that a request names, by name or by id, with the error Kafka gives when there is none.
 */
import { type ErrorCode, errorCodes, zeroUuid } from 'sluice-kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Topic, TopicRegistry } from '../log/topic-registry.ts'

/** How requests name a topic: older versions by name, newer ones by id. */
export interface TopicReference {
  readonly name: string | null
  readonly topicId: string
}

export const isByName = (reference: TopicReference): boolean =>
  reference.topicId === zeroUuid || (reference.name !== null && reference.name !== '')

export const findTopic = (topics: TopicRegistry, reference: TopicReference): Topic | undefined =>
  isByName(reference) ? topics.get(reference.name ?? '') : topics.byId(reference.topicId)

export const unknownTopicError = (reference: TopicReference): ErrorCode =>
  isByName(reference) ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.UNKNOWN_TOPIC_ID

/** The log of a partition, or the error. */
export const findLog = (
  topic: Topic | undefined,
  reference: TopicReference,
  partition: number,
): PartitionLog | ErrorCode => {
  if (topic === undefined) return unknownTopicError(reference)
  return topic.partitions[partition] ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
}

export const isError = (found: PartitionLog | ErrorCode): found is ErrorCode => typeof found === 'number'

/** What is wrong with the leader epoch a client believes in; -1 is no belief (KIP-320). */
export const leaderEpochError = (log: PartitionLog, believed: number): ErrorCode => {
  if (believed < 0 || believed === log.leaderEpoch) return errorCodes.NONE
  return believed > log.leaderEpoch ? errorCodes.UNKNOWN_LEADER_EPOCH : errorCodes.FENCED_LEADER_EPOCH
}

const reservedNames = new Set(['__consumer_offsets', '__transaction_state'])

/** Names that only the broker itself may use. */
export const isReservedName = (name: string): boolean => reservedNames.has(name)
