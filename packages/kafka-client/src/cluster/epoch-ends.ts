/** Asks a leader where leader epochs end in its log (KIP-320): whoever read past that read what is not there any more. */
import { OffsetForLeaderEpoch } from 'sluice-kafka-protocol'
import type { BrokerConnection } from '../connection/connection.ts'

export interface EpochQuery {
  readonly topic: string
  readonly partition: number
  /** Who leads now, as far as the asker knows: a broker that knows better refuses. */
  readonly currentLeaderEpoch: number
  /** Of the last record that was read. */
  readonly leaderEpoch: number
}

export interface EpochEnd {
  readonly errorCode: number
  /** The largest epoch up to the one asked for that the leader has; -1 where it has none. */
  readonly leaderEpoch: number
  /** Offset after its last record; -1 where it is not known. */
  readonly offset: bigint
}

const consumerReplicaId = -1

/** One answer for each query, in their order; null where the broker left it out. @throws KafkaError */
export const epochEnds = async (
  connection: Pick<BrokerConnection, 'request'>,
  queries: readonly EpochQuery[],
): Promise<readonly (EpochEnd | null)[]> => {
  const byTopic = Map.groupBy(queries, ({ topic }) => topic)
  const answer = await connection.request(OffsetForLeaderEpoch, {
    replicaId: consumerReplicaId,
    topics: Array.from(byTopic, ([topic, partitions]) => ({ topic, partitions })),
  })
  return queries.map(({ topic, partition }) => {
    const partitions = answer.topics.find((each) => each.topic === topic)?.partitions
    const found = partitions?.find((each) => each.partition === partition)
    if (found === undefined) return null
    return { errorCode: found.errorCode, leaderEpoch: found.leaderEpoch, offset: found.endOffset }
  })
}
