/** Where reading of partitions begins: an offset, a time, the first record or the next one. */
import type { KafkaCluster, TopicMetadata } from './cluster.ts'
import { type FoundOffset, findOffsets } from './list-offsets.ts'

/**
 * `latest` is the next record to be written; a time is the first record at or after it, or `latest` where there is none.
 * `leaderEpoch` of the record before an offset, as it was committed: where it is given, it is noticed at once when the log
 * was cut off before the offset (KIP-320).
 */
export type StartAt =
  | 'earliest'
  | 'latest'
  | { readonly offset: bigint; readonly leaderEpoch?: number }
  | { readonly timeMs: number }

const nowhere: FoundOffset = { offset: -1n, leaderEpoch: -1 }

const all = <Value>(partitions: readonly number[], value: Value): Map<number, Value> =>
  new Map(partitions.map((partition) => [partition, value]))

/**
 * Offsets by partition.
 * @param isCommittedOnly `latest` is then the last stable offset
 * @throws KafkaError
 */
export const startOffsets = async (
  cluster: KafkaCluster,
  topic: TopicMetadata,
  partitions: readonly number[],
  start: StartAt,
  isCommittedOnly: boolean,
): Promise<ReadonlyMap<number, FoundOffset>> => {
  if (typeof start === 'string')
    return await findOffsets(cluster, topic, all(partitions, start), isCommittedOnly)
  if ('offset' in start)
    return all(partitions, { offset: start.offset, leaderEpoch: start.leaderEpoch ?? -1 })
  // The end first: what is written meanwhile is not passed over.
  const ends = await findOffsets(cluster, topic, all(partitions, 'latest'), isCommittedOnly)
  const found = await findOffsets(cluster, topic, all(partitions, Math.max(0, start.timeMs)), isCommittedOnly)
  return new Map(
    partitions.map((partition) => {
      const first = found.get(partition) ?? nowhere
      return [partition, first.offset >= 0n ? first : (ends.get(partition) ?? { ...nowhere, offset: 0n })]
    }),
  )
}

/** The same where each partition has a start of its own. @throws KafkaError */
export const startOffsetsOfEach = async (
  cluster: KafkaCluster,
  topic: TopicMetadata,
  starts: ReadonlyMap<number, StartAt>,
  isCommittedOnly: boolean,
): Promise<ReadonlyMap<number, FoundOffset>> => {
  const byStart = Map.groupBy(starts.keys(), (partition) => starts.get(partition) ?? 'earliest')
  const found = await Promise.all(
    Array.from(byStart, ([start, partitions]) =>
      startOffsets(cluster, topic, partitions, start, isCommittedOnly),
    ),
  )
  return new Map(found.flatMap((each) => [...each]))
}
