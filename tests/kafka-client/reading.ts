/** Reads whole topics for tests: all there is now, by partition. */
import { type ConsumerOptions, openKafka } from 'sluice-kafka-client'
import { KafkaCluster, TopicOffsets } from 'sluice-kafka-client/parts'

/** The values that a reader sees, as text, in order. */
export const valuesOf = async (
  address: string,
  topic: string,
  isolation: NonNullable<ConsumerOptions['isolation']> = 'read_committed',
): Promise<string[][]> => {
  await using kafka = openKafka({ brokers: address, clientId: 'reads-all' })
  using cluster = new KafkaCluster({ brokers: [address], tls: false, sasl: null, clientId: 'reads-all' })
  const offsets = new TopicOffsets(cluster, topic, isolation === 'read_committed')
  const { partitions } = await offsets.topic()
  const ends = await offsets.ends(partitions.map(({ partition }) => partition))
  const consumer = kafka.consumer({ isolation, waitMs: 100 })
  await consumer.assign({ topic }, 'earliest')
  const seen: string[][] = partitions.map(() => [])
  const isLeft = (): boolean =>
    consumer.assigned.some(({ partition, position }) => (position ?? 0n) < (ends.get(partition) ?? 0n))
  while (isLeft()) {
    // The last thing in a partition may be nothing that is seen, such as the end of a transaction.
    const patience = AbortSignal.timeout(200)
    try {
      using batch = await consumer.next(patience)
      for (const record of batch) seen[batch.partition]?.push(record.valueText ?? 'null')
    } catch (error) {
      if (!patience.aborted) throw error
    }
  }
  return seen
}
