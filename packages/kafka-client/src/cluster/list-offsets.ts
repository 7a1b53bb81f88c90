/** Asks the leaders of a topic for offsets: the first, the last, or the first at or after a time. */
import { ListOffsets, listOffsetsTimestamp } from 'sluice-kafka-protocol'
import { throwOn } from '../errors/broker-errors.ts'
import { type KafkaCluster, leaderMissing, type TopicMetadata } from './cluster.ts'

/** A time in ms since the epoch, or what stands for one. */
export type OffsetQuery = 'earliest' | 'latest' | number

const consumerReplicaId = -1
const readCommitted = 1
const readUncommitted = 0

const timestampOf = (query: OffsetQuery): bigint =>
  typeof query === 'number' ? BigInt(query) : listOffsetsTimestamp[query]

/**
 * Offsets by partition. A time after the last record gives -1.
 * @param wanted partitions and what is asked of each
 * @param isCommittedOnly `latest` is then the last stable offset
 * @throws KafkaError, also where a partition has no leader or refuses
 */
export const listOffsets = async (
  cluster: KafkaCluster,
  topic: TopicMetadata,
  wanted: ReadonlyMap<number, OffsetQuery>,
  isCommittedOnly: boolean,
): Promise<ReadonlyMap<number, bigint>> => {
  const byLeader = new Map<number, { partitionIndex: number; timestamp: bigint }[]>()
  for (const [partition, query] of wanted) {
    const leader = topic.partitions[partition]?.leader ?? -1
    if (leader < 0) throw leaderMissing(`${topic.name}/${partition}`)
    const asked = byLeader.get(leader) ?? []
    asked.push({ partitionIndex: partition, timestamp: timestampOf(query) })
    byLeader.set(leader, asked)
  }
  const answers = await Promise.all(
    [...byLeader].map(async ([leader, partitions]) => {
      const connection = await cluster.connectionTo(leader, 'control')
      return await connection.request(ListOffsets, {
        replicaId: consumerReplicaId,
        isolationLevel: isCommittedOnly ? readCommitted : readUncommitted,
        topics: [{ name: topic.name, partitions }],
      })
    }),
  )
  const offsets = new Map<number, bigint>()
  for (const answer of answers) {
    for (const each of answer.topics[0]?.partitions ?? []) {
      throwOn(each.errorCode, `offsets of ${topic.name}/${each.partitionIndex}`)
      offsets.set(each.partitionIndex, each.offset)
    }
  }
  return offsets
}
