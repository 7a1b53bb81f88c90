/** Asks the leaders of a topic for offsets: the first, the last, or the first at or after a time. */
import { ListOffsets, listOffsetsTimestamp, type RequestInputOf } from 'sluice-kafka-protocol'
import { throwOn } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { type KafkaCluster, leaderMissing, type TopicMetadata } from './cluster.ts'

/** A time in ms since the epoch, or what stands for one. */
export type OffsetQuery = 'earliest' | 'latest' | number

export interface FoundOffset {
  readonly offset: bigint
  /** Of the record there, or of the leader where none is there; -1 where it is not known. */
  readonly leaderEpoch: number
}

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
export const findOffsets = async (
  cluster: KafkaCluster,
  topic: TopicMetadata,
  wanted: ReadonlyMap<number, OffsetQuery>,
  isCommittedOnly: boolean,
): Promise<ReadonlyMap<number, FoundOffset>> => {
  const byLeader = new Map<number, RequestInputOf<typeof ListOffsets>['topics'][number]['partitions']>()
  for (const [partition, query] of wanted) {
    const { leader = -1, leaderEpoch = -1 } = topic.partitions[partition] ?? {}
    if (leader < 0) throw leaderMissing(`${topic.name}/${partition}`)
    // Whoever led before and does not know it yet refuses.
    const each = {
      partitionIndex: partition,
      currentLeaderEpoch: leaderEpoch,
      timestamp: timestampOf(query),
    }
    const asked = [...(byLeader.get(leader) ?? []), each]
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
  const offsets = new Map<number, FoundOffset>()
  for (const answer of answers) {
    for (const each of answer.topics[0]?.partitions ?? []) {
      throwOn(each.errorCode, `offsets of ${topic.name}/${each.partitionIndex}`)
      offsets.set(each.partitionIndex, { offset: each.offset, leaderEpoch: each.leaderEpoch })
    }
  }
  const missing = [...wanted.keys()].find((partition) => !offsets.has(partition))
  if (missing === undefined) return offsets
  throw new KafkaError(
    'BROKER_NOT_READY',
    `offsets of ${topic.name}/${missing}`,
    'the broker says nothing of it',
  )
}

/** As `findOffsets`, the offsets alone. @throws KafkaError */
export const listOffsets = async (
  ...asked: Parameters<typeof findOffsets>
): Promise<ReadonlyMap<number, bigint>> =>
  new Map(Array.from(await findOffsets(...asked), ([partition, { offset }]) => [partition, offset]))
