/** Where reading of partitions begins: an offset, a time, the first record or the next one. */
import type { KafkaCluster, TopicMetadata } from './cluster.ts'
import { listOffsets } from './list-offsets.ts'

/** `latest` is the next record to be written; a time is the first record at or after it, or `latest` where there is none. */
export type StartAt = 'earliest' | 'latest' | { readonly offset: bigint } | { readonly timeMs: number }

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
): Promise<ReadonlyMap<number, bigint>> => {
  if (typeof start === 'string')
    return await listOffsets(cluster, topic, all(partitions, start), isCommittedOnly)
  if ('offset' in start) return all(partitions, start.offset)
  // The end first: what is written meanwhile is not passed over.
  const ends = await listOffsets(cluster, topic, all(partitions, 'latest'), isCommittedOnly)
  const found = await listOffsets(cluster, topic, all(partitions, Math.max(0, start.timeMs)), isCommittedOnly)
  return new Map(
    partitions.map((partition) => {
      const offset = found.get(partition) ?? -1n
      return [partition, offset >= 0n ? offset : (ends.get(partition) ?? 0n)]
    }),
  )
}
