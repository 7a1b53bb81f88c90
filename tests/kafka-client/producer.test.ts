/** What the producer promises, against every broker. */
import { isKafkaError, type KafkaProducer, openKafka, type ProducerSettings } from 'sluice-kafka-client'
import { expect, test } from 'vitest'
import { clientOf, describeBrokers, newTopic, uniqueName } from '../kafka/brokers.ts'
import { valuesOf } from './reading.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

describeBrokers('the producer', (at, broker) => {
  const open = (settings: ProducerSettings = {}): { kafka: AsyncDisposable; producer: KafkaProducer } => {
    const kafka = openKafka({ brokers: at().address, clientId: 'producer-test' })
    return { kafka, producer: kafka.producer(settings) }
  }

  test.each(codecs)('tells where each record stands, with %s', async (compression) => {
    const topic = await newTopic(at(), { partitions: 3 })
    const { kafka, producer } = open({ compression })
    await using _ = kafka
    const timeMs = Date.now() - 5_000
    const records = Array.from({ length: 300 }, (_, i) => ({
      topic,
      key: `key ${i % 40}`,
      value: `value ${i}`,
      headers: { number: String(i), nothing: null },
      timeMs,
    }))
    const delivered = await producer.sendAll(records)
    const stored = await valuesOf(at().address, topic)
    for (const [i, each] of delivered.entries()) {
      expect(each).toMatchObject({ topic, timeMs })
      expect(stored[each.partition]?.[Number(each.offset)]).toBe(`value ${i}`)
    }
  })

  test('tells the time that the broker gave, on topics that keep that', async () => {
    const topic = await newTopic(at(), { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const { kafka, producer } = open()
    await using _ = kafka
    const before = Date.now() - 60_000
    const { timeMs } = await producer.send({ topic, value: 'x', timeMs: 1_000 })
    expect(timeMs).toBeGreaterThan(before)
  })

  test('writes everything once and in order while the broker is killed', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    const { kafka, producer } = open({ batchBytes: 2_000, bufferBytes: 20_000 })
    await using _ = kafka
    const problems: unknown[] = []
    let written = 0
    const report = (problem: unknown): void => {
      if (problem === null) written++
      else problems.push(problem)
    }
    const count = 6_000
    const crashes = [1_000, 3_000]
    const down: Promise<void>[] = []
    for (let i = 0; i < count; i++) {
      const hasRoom = producer.add({ topic, partition: i % 2, value: String(i) }, report)
      if (!hasRoom) await producer.ready()
      if (crashes.includes(i)) down.push(at().crash())
    }
    await producer.flush()
    await Promise.all(down)
    expect(problems).toEqual([])
    expect(written).toBe(count)
    const wanted = Array.from({ length: count }, (_, i) => String(i))
    expect(await valuesOf(at().address, topic)).toStrictEqual([
      wanted.filter((_, i) => i % 2 === 0),
      wanted.filter((_, i) => i % 2 === 1),
    ])
  })

  test('writes the others where a record is refused', async () => {
    const topic = await newTopic(at(), { configs: { 'max.message.bytes': '2000' } })
    const { kafka, producer } = open()
    await using _ = kafka
    const records = [1, 5_000, 2, 3, 9_000, 4].map((size) => ({ topic, value: 'x'.repeat(size) }))
    const results = await producer.sendEach(records)
    const codes = results.map((result) => (isKafkaError(result) ? result.code : 'written'))
    expect(codes).toEqual([
      'written',
      'RECORD_TOO_LARGE',
      'written',
      'written',
      'RECORD_TOO_LARGE',
      'written',
    ])
    expect(await valuesOf(at().address, topic)).toStrictEqual([['x', 'xx', 'xxx', 'xxxx']])
    await expect(producer.sendAll(records)).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
  })

  // The embedded broker does not compact.
  test.skipIf(broker === 'embedded broker')(
    'tells which record has no key, on a compacted topic, and writes the others',
    async () => {
      const topic = await newTopic(at(), { configs: { 'cleanup.policy': 'compact' } })
      const { kafka, producer } = open({ compression: 'zstd' })
      await using _ = kafka
      const results = await producer.sendEach([
        { topic, key: 'a', value: '1' },
        { topic, value: '2' },
        { topic, key: 'b', value: '3' },
      ])
      const codes = results.map((result) => (isKafkaError(result) ? result.code : 'written'))
      expect(codes).toEqual(['written', 'RECORD_INVALID', 'written'])
      expect(await valuesOf(at().address, topic)).toStrictEqual([['1', '3']])
    },
  )

  test('waits for a topic that is just being made, and tells of one that is not', async () => {
    const name = uniqueName('later')
    const { kafka, producer } = open({ deliveryTimeoutMs: 30_000 })
    await using _ = kafka
    const sent = producer.sendAll([1, 2, 3].map((value) => ({ topic: name, value: String(value) })))
    await newTopic(at(), { name })
    await sent
    expect(await valuesOf(at().address, name)).toStrictEqual([['1', '2', '3']])
    const hasty = open({ deliveryTimeoutMs: 300 })
    await using __ = hasty.kafka
    const missing = hasty.producer.send({ topic: uniqueName('none'), value: 'x' })
    await expect(missing).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
  })

  test('holds no more than it may, and says so', async () => {
    const topic = await newTopic(at())
    const { kafka, producer } = open({ bufferBytes: 100_000, lingerMs: 600_000 })
    await using _ = kafka
    let added = 0
    while (producer.add({ topic, value: Buffer.alloc(1_000) })) added++
    expect(added).toBeLessThan(110)
    expect(() => producer.add({ topic, value: 'x' })).toThrow(/BUFFER|full/)
    // However long records may linger: not while others wait for their room.
    await producer.ready()
    expect(producer.bufferedBytes).toBeLessThan(100_000)
    expect(producer.add({ topic, value: 'x' })).toBe(true)
  })

  test('writes what there is before it ends, and nothing after', async () => {
    const topic = await newTopic(at())
    const { kafka, producer } = open({ lingerMs: 600_000 })
    await using _ = kafka
    for (let i = 0; i < 50; i++) producer.add({ topic, value: String(i) })
    await producer.close()
    expect(await valuesOf(at().address, topic)).toStrictEqual([
      Array.from({ length: 50 }, (_, i) => String(i)),
    ])
    expect(() => producer.add({ topic, value: 'x' })).toThrow(/closed/)
  })

  test('finds partitions that its topic has', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    const { kafka, producer } = open()
    await using _ = kafka
    await expect(producer.send({ topic, partition: 2, value: 'x' })).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
    })
    await using admin = await clientOf(at()).admin()
    expect((await admin.topic(topic))?.partitions.length).toBe(2)
  })
})

test('ends in time where nobody answers, and tells what became of its records', async () => {
  await using kafka = openKafka({ brokers: '127.0.0.1:1' })
  const producer = kafka.producer()
  const sent = producer.send({ topic: 't', value: 'x' })
  sent.catch(() => undefined)
  await producer.close({ withinMs: 50 })
  await expect(sent).rejects.toMatchObject({ code: 'CLOSED' })
})
