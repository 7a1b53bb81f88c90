/** What the consumer of assigned partitions promises, against every broker. */
import { type ConsumerOptions, openKafka } from 'sluice-kafka-client'
import { expect, test } from 'vitest'
import { clientOf, describeBrokers, newTopic, produce } from '../kafka/brokers.ts'

const partitions = 3

describeBrokers('the consumer', (at) => {
  const open = (options: ConsumerOptions = {}) => {
    const kafka = openKafka({ brokers: at().address, clientId: 'consumer-test' })
    return { kafka, consumer: kafka.consumer(options) }
  }

  test('reads every record once and in order while the broker is killed', async () => {
    const topic = await newTopic(at(), { partitions })
    const { kafka, consumer } = open({ waitMs: 100 })
    await using _ = kafka
    await consumer.assign({ topic }, 'earliest')
    const seen: string[][] = Array.from({ length: partitions }, () => [])
    const readUntil = async (each: number): Promise<void> => {
      while (seen.some((values) => values.length < each)) {
        using batch = await consumer.next()
        for (const record of batch) seen[batch.partition]?.push(`${record.offset} ${record.valueText}`)
      }
    }
    const numbered = (from: number): string[] => Array.from({ length: 100 }, (_, i) => String(from + i))
    const writeAll = async (from: number): Promise<void> => {
      for (let partition = 0; partition < partitions; partition++) {
        await produce(at(), topic, numbered(from), { partition })
      }
    }
    await writeAll(0)
    await readUntil(100)
    await at().crash()
    await writeAll(100)
    await readUntil(200)
    const wanted = [...numbered(0), ...numbered(100)].map((value, i) => `${i} ${value}`)
    expect(seen).toStrictEqual(Array.from({ length: partitions }, () => wanted))
  })

  test('starts at a time', async () => {
    const topic = await newTopic(at())
    await using writer = await clientOf(at()).writer()
    const firstMs = Date.now() - 10_000
    const record = { topic, partition: 0, key: null, headers: [] }
    for (let i = 0; i < 5; i++) {
      await writer.send([{ ...record, value: Buffer.from(String(i)), timeMs: firstMs + i * 1_000 }])
    }
    const { kafka, consumer } = open()
    await using _ = kafka
    await consumer.assign({ topic }, { timeMs: firstMs + 2_500 })
    using batch = await consumer.next()
    expect(batch.at(0)).toMatchObject({ valueText: '3', timeMs: firstMs + 3_000, offset: 3n })
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'reads what is written with %s',
    async (codec) => {
      const topic = await newTopic(at())
      await using writer = await clientOf(at()).writer({ compression: codec })
      const headers = [{ key: 'h', value: Buffer.from('v') }]
      const timeMs = Date.now()
      const values = Array.from({ length: 500 }, (_, i) => `value ${i} `.repeat(5))
      await writer.send(
        values.map((value, i) => ({
          topic,
          partition: 0,
          key: Buffer.from(`k${i}`),
          value: Buffer.from(value),
          headers,
          timeMs,
        })),
      )
      const { kafka, consumer } = open()
      await using _ = kafka
      await consumer.assign({ topic }, 'earliest')
      const seen: (string | null)[] = []
      while (seen.length < values.length) {
        using batch = await consumer.next()
        for (const record of batch) {
          seen.push(record.valueText)
          expect([record.keyText, record.timeMs]).toStrictEqual([`k${record.offset}`, timeMs])
          expect(record.headers.map(({ key, value }) => `${key}=${value}`)).toStrictEqual(['h=v'])
        }
      }
      expect(seen).toStrictEqual(values)
    },
  )

  test('reads several topics with many quiet partitions', async () => {
    const quiet = await newTopic(at(), { partitions: 100 })
    const busy = await newTopic(at())
    const { kafka, consumer } = open({ waitMs: 100 })
    await using _ = kafka
    await consumer.assign({ topic: quiet }, 'latest')
    await consumer.assign({ topic: busy }, 'earliest')
    const seen: string[] = []
    for (let round = 0; round < 5; round++) {
      await produce(at(), busy, [`busy ${round}`])
      await produce(at(), quiet, [`quiet ${round}`], { partition: round * 20 })
      while (seen.length < (round + 1) * 2) {
        using batch = await consumer.next()
        for (const record of batch) seen.push(record.valueText ?? '')
      }
    }
    expect(seen.filter((value) => value.startsWith('busy'))).toStrictEqual(
      [0, 1, 2, 3, 4].map((i) => `busy ${i}`),
    )
    expect(seen.filter((value) => value.startsWith('quiet'))).toHaveLength(5)
  })
})
