/**
 * OffsetFetch (key 9, v1-v10): tells how far groups have come.
 *
 * - A partition without a committed offset is answered with -1, not with an error; so is a group that does not exist.
 * - No topics means all that the group has committed (v2 and up); v8 asks for many groups at once; v10 names topics
 *   by id.
 * - While the coordinator cannot read its store, that is said (v2 and up, before that partition by partition): -1 would
 *   send readers back to the beginning.
 * - Offsets are visible once stored. There are no transactions yet, so all are stable (v7).
 */
import { errorCodes, OffsetFetch, zeroUuid } from 'sluice-kafka-protocol'
import type { CommittedOffset } from '../coordinators/committed-offsets.ts'
import { type Broker, defineRequest } from './define.ts'

interface TopicAsked {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

const noOffset = -1n
const noEpoch = -1
const groupsSince = 8
const topicIdsSince = 10

export const offsetFetch = defineRequest(OffsetFetch, async (request, { broker, apiVersion }) => {
  const byId = apiVersion >= topicIdsSince
  const isAvailable = broker.groups.isAvailable
  const errorCode = isAvailable ? errorCodes.NONE : errorCodes.COORDINATOR_NOT_AVAILABLE
  if (apiVersion < groupsSince) {
    const asked = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
    return { errorCode, topics: groupOffsets(broker, request.groupId, asked, byId) }
  }
  return {
    groups: request.groups.map((group) => ({
      groupId: group.groupId,
      errorCode,
      topics: isAvailable ? groupOffsets(broker, group.groupId, group.topics, byId) : [],
    })),
  }
})

const groupOffsets = (
  broker: Broker,
  groupId: string,
  asked: readonly TopicAsked[] | null,
  byId: boolean,
) => {
  const committed = broker.groups.committed(groupId)
  if (asked === null) {
    return [...committed].map(([name, partitions]) => ({
      name,
      topicId: broker.topics.get(name)?.id ?? zeroUuid,
      partitions: [...partitions].map(([partitionIndex, offset]) => partitionAnswer(partitionIndex, offset)),
    }))
  }
  return asked.map(({ name, topicId, partitionIndexes }) => {
    const topicName = byId ? broker.topics.byId(topicId)?.name : name
    const offsets = topicName === undefined ? undefined : committed.get(topicName)
    const known = topicName === undefined ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.NONE
    const errorCode = broker.groups.isAvailable ? known : errorCodes.COORDINATOR_NOT_AVAILABLE
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((index) => ({
        ...partitionAnswer(index, offsets?.get(index)),
        errorCode,
      })),
    }
  })
}

const partitionAnswer = (partitionIndex: number, committed: CommittedOffset | undefined) => ({
  partitionIndex,
  committedOffset: committed?.offset ?? noOffset,
  committedLeaderEpoch: committed?.leaderEpoch ?? noEpoch,
  metadata: committed?.metadata ?? '',
  errorCode: errorCodes.NONE,
})
