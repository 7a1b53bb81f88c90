/**
 * Copies a topic into another, exactly once, in transactions of a few records: `ADDRESS FROM TO GROUP`.
 *
 * Run as a process of its own, so that it can be killed anywhere. Where it goes on is what its group has committed in
 * transactions, and nothing else. Prints a dot for each commit.
 */
import { isKafkaError, openKafka } from 'sluice-kafka-client'
import { committedOffsets, KafkaCluster } from 'sluice-kafka-client/parts'

const [address = '', from = '', to = '', group = ''] = process.argv.slice(2)

const owner = { group, memberId: '', instanceId: null, generation: -1 }
await using kafka = openKafka({ brokers: address, clientId: 'relay' })
using cluster = new KafkaCluster({ brokers: [address], tls: false, sasl: null, clientId: 'relay' })
const producer = kafka.transactionalProducer({ transactionalId: group, batchBytes: 500 })
const consumer = kafka.consumer({ waitMs: 50 })

// Ends what an earlier process left open, before its position is read.
await producer.open()
const partitions = (await kafka.admin().topic(from))?.partitions.map(({ partition }) => partition) ?? []

/** Waits out what a transaction that has just ended is still writing. */
const position = async (): ReturnType<typeof committedOffsets> => {
  for (;;) {
    try {
      return await committedOffsets(cluster, group, new Map([[from, partitions]]), true)
    } catch (error) {
      if (!isKafkaError(error) || error.advice !== 'retry') throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

const committed = await position()
for (const partition of partitions) {
  const offset = committed.find((each) => each.partition === partition)?.offset ?? 0n
  await consumer.assign({ topic: from, partitions: [partition] }, { offset })
}

for (;;) {
  using batch = await consumer.next()
  for (let first = 0; first < batch.count; first += 7) {
    const last = Math.min(first + 7, batch.count)
    await producer.transaction(async () => {
      for (let row = first; row < last; row++) {
        const { valueText, offset } = batch.at(row)
        producer.add({ topic: to, partition: batch.partition, value: `${offset} ${valueText}` })
      }
      const next = batch.at(last - 1).offset + 1n
      await producer.sendOffsets(owner, [{ topic: from, partition: batch.partition, offset: next }])
    })
    process.stdout.write('.')
  }
}
