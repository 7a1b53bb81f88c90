/** Deletes records from the beginning of partitions (KIP-107). */
import { DeleteRecords } from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import { leaderMissing } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'

const deleteTimeoutMs = 30_000
/** Up to the end as readers see it. */
const highWatermark = -1n

/**
 * @param before offset by partition: records before it go; `latest`: all that are there
 * @returns the first offset of each partition then
 * @throws KafkaError UNKNOWN_TOPIC, OFFSET_OUT_OF_RANGE for an offset beyond the end, and others
 */
export const deleteRecords = async (
  cluster: KafkaCluster,
  name: string,
  before: ReadonlyMap<number, bigint | 'latest'>,
): Promise<ReadonlyMap<number, bigint>> => {
  const topic = await cluster.existingTopic(name)
  const leaders = Map.groupBy(before, ([partition]) => {
    const leader = topic.partitions.find((each) => each.partition === partition)?.leader ?? -1
    if (leader < 0) throw leaderMissing(`${name}/${partition}`)
    return leader
  })
  const answers = await Promise.all(
    Array.from(leaders, async ([leader, wanted]) => {
      const connection = await cluster.connectionTo(leader, 'control')
      const partitions = wanted.map(([partitionIndex, offset]) => ({
        partitionIndex,
        offset: offset === 'latest' ? highWatermark : offset,
      }))
      return await connection.request(
        DeleteRecords,
        { topics: [{ name, partitions }], timeoutMs: deleteTimeoutMs },
        { timeoutMs: deleteTimeoutMs + 5_000 },
      )
    }),
  )
  const results = answers.flatMap(({ topics }) => topics).flatMap(({ partitions }) => partitions)
  for (const { errorCode, partitionIndex } of results) throwOn(errorCode, `${name}/${partitionIndex}`)
  return new Map(results.map(({ partitionIndex, lowWatermark }) => [partitionIndex, lowWatermark]))
}
