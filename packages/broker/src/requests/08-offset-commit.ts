/**
 * OffsetCommit (key 8, v2-v10): stores how far a group has come.
 *
 * - Answers partition by partition: a refusal of one (unknown topic, too much metadata) never spoils the others; a
 *   refusal of the committer (old generation, unknown member, rebalance) is told for all.
 * - Answered when it is as durable as the broker is set to be.
 * - v2-v4 carry a retention time of their own; v6 the leader epoch; v7 static members; v9 tells a missing group apart
 *   from an old generation; v10 names topics by id.
 */
import { type ErrorCode, errorCodes, OffsetCommit, type RequestOf } from 'sluice-kafka-protocol'
import type { OffsetToCommit } from '../coordinators/group-coordinator.ts'
import type { Topic } from '../log/topic-registry.ts'
import { type Broker, defineRequest } from './define.ts'

type Request = RequestOf<typeof OffsetCommit>
type TopicRequest = Request['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]

/** The first version that names topics by id. */
const topicIdsSince = 10
/** The first version that knows GROUP_ID_NOT_FOUND. */
const missingGroupSince = 9

export const offsetCommit = defineRequest(OffsetCommit, async (request, { broker, apiVersion }) => {
  const accepted: OffsetToCommit[] = []
  const judged = request.topics.map((topicRequest) => {
    const byId = apiVersion >= topicIdsSince
    const topic = byId ? broker.topics.byId(topicRequest.topicId) : broker.topics.get(topicRequest.name)
    const missing = byId ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
    const errors = topicRequest.partitions.map((partition) => {
      if (topic === undefined) return missing
      const error = partitionError(topic, partition, broker)
      if (error === errorCodes.NONE)
        accepted.push(offsetToCommit(topic, partition, request.retentionTimeMs, broker.clock.now()))
      return error
    })
    return { topicRequest, errors }
  })
  const committer = {
    groupId: request.groupId,
    generation: request.generationIdOrMemberEpoch,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    knowsMissingGroup: apiVersion >= missingGroupSince,
  }
  const error = accepted.length === 0 ? 'NONE' : await broker.groups.commit(committer, accepted)
  return {
    topics: judged.map(({ topicRequest, errors }) => ({
      name: topicRequest.name,
      topicId: topicRequest.topicId,
      partitions: topicRequest.partitions.map(({ partitionIndex }, index) => ({
        partitionIndex,
        errorCode: errors[index] || errorCodes[error],
      })),
    })),
  }
})

const partitionError = (topic: Topic, partition: PartitionRequest, broker: Broker): ErrorCode => {
  if (topic.partitions[partition.partitionIndex] === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const metadataBytes = Buffer.byteLength(partition.committedMetadata ?? '')
  return metadataBytes > broker.groups.limits.offsetMetadataBytesMax
    ? errorCodes.OFFSET_METADATA_TOO_LARGE
    : errorCodes.NONE
}

const offsetToCommit = (
  topic: Topic,
  partition: PartitionRequest,
  retentionTimeMs: bigint,
  nowMs: number,
): OffsetToCommit => ({
  topic: topic.name,
  partition: partition.partitionIndex,
  committed: {
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
    committedAtMs: nowMs,
    expiresAtMs: retentionTimeMs < 0n ? null : nowMs + Number(retentionTimeMs),
  },
})
