/** Offsets that a group has committed: written by members, and read. */
import { OffsetCommit, OffsetFetch, type RequestInputOf } from 'sluice-kafka-protocol'
import { throwOn } from '../errors/broker-errors.ts'
import type { CommittedOffset, GroupCluster, GroupIdentity, OffsetToCommit } from './group.ts'
import { entriesOf, type Partitions } from './partitions.ts'

/** Topics by name: later versions name them by id. */
const commitVersionMax = 9
const fetchVersionMax = 9
const manyGroupsSince = 8
const commitTimeoutMs = 10_000
const noOffset = -1n

type CommitTopics = RequestInputOf<typeof OffsetCommit>['topics']

const byTopic = (offsets: readonly OffsetToCommit[]): CommitTopics =>
  Array.from(
    Map.groupBy(offsets, ({ topic }) => topic),
    ([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset, leaderEpoch = -1, metadata = null }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      })),
    }),
  )

/** @throws KafkaError; MEMBERSHIP_LOST and FENCED where the group does not take it from this member (any more) */
export const commitOffsets = async (
  cluster: GroupCluster,
  identity: GroupIdentity,
  offsets: readonly OffsetToCommit[],
): Promise<void> => {
  if (offsets.length === 0) return
  const { group, memberId, instanceId, generation } = identity
  // Not the group's own connection, where a join may be waiting.
  const coordinator = await cluster.coordinatorOf(group, null)
  const answer = await coordinator.request(
    OffsetCommit,
    {
      groupId: group,
      generationIdOrMemberEpoch: generation,
      memberId,
      groupInstanceId: instanceId,
      topics: byTopic(offsets),
    },
    { versionMax: commitVersionMax, timeoutMs: commitTimeoutMs },
  )
  for (const { name, partitions } of answer.topics) {
    for (const each of partitions) {
      throwOn(each.errorCode, `commit of ${name}/${each.partitionIndex} by group ${group}`)
    }
  }
}

/**
 * What the group has committed of these partitions; those without an offset are left out.
 * @param isStable waits out transactions that have offsets pending (KIP-447): the broker answers with an error to retry
 * @throws KafkaError
 */
export const committedOffsets = async (
  cluster: GroupCluster,
  group: string,
  partitions: Partitions,
  isStable: boolean,
): Promise<readonly CommittedOffset[]> => {
  if (partitions.size === 0) return []
  const coordinator = await cluster.coordinatorOf(group, null)
  const version = coordinator.versionOf(OffsetFetch, fetchVersionMax)
  const topics = entriesOf(partitions).map(({ topic, partitions: partitionIndexes }) => ({
    name: topic,
    partitionIndexes,
  }))
  const answer = await coordinator.request(
    OffsetFetch,
    version < manyGroupsSince
      ? { groupId: group, topics, requireStable: isStable }
      : { groups: [{ groupId: group, topics }], requireStable: isStable },
    { versionMax: version },
  )
  const found = version < manyGroupsSince ? answer : answer.groups[0]
  throwOn(found?.errorCode ?? 0, `offsets of group ${group}`)
  return (found?.topics ?? []).flatMap(({ name, partitions: answers }) =>
    answers.flatMap((each) => {
      throwOn(each.errorCode, `offset of ${name}/${each.partitionIndex} of group ${group}`)
      if (each.committedOffset === noOffset) return []
      return [
        {
          topic: name,
          partition: each.partitionIndex,
          offset: each.committedOffset,
          leaderEpoch: each.committedLeaderEpoch,
          metadata: each.metadata,
        },
      ]
    }),
  )
}
