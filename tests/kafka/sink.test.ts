import { expect, test } from 'vitest'
import { BatchBuilder, type NewRecord } from '../../packages/sluice/src/flow/batch-builder.ts'
import { type RecordBatch, recordIdHeader } from '../../packages/sluice/src/flow/record-batch.ts'
import { Rows } from '../../packages/sluice/src/flow/rows.ts'
import { clientOf, describeBrokers, newTopic, openSink, type TestBroker, uniqueName } from './brokers.ts'

const signal = new AbortController().signal

const batchOf = (records: readonly Partial<NewRecord>[], lane = 'lane'): RecordBatch => {
  const builder = new BatchBuilder()
  for (const [i, record] of records.entries()) {
    builder.add({ key: null, value: '{}', timeMs: 1_000 + i, number: BigInt(i), ...record })
  }
  return builder.build({ pipeline: 'p', incarnation: 'x', lane, stream: 's', next: 'n' })
}

/** Everything in a topic, by partition. */
const contents = async (broker: TestBroker, topic: string): Promise<Map<number, RecordBatch[]>> => {
  await using client = await clientOf(broker).admin()
  const state = await client.topic(topic)
  const wanted = new Map((state?.partitions ?? []).map((each) => [each.partition, each.latest]))
  const found = new Map<number, RecordBatch[]>()
  const from = new Map(Array.from(wanted.keys(), (partition) => [partition, 0n]))
  await using peek = await clientOf(broker).peek()
  while ([...from].some(([partition, offset]) => offset < (wanted.get(partition) ?? 0n))) {
    for (const { partition, batch, next } of await peek.read(
      { topic, from, maxBytes: 1e6, waitMs: 100 },
      signal,
    )) {
      found.set(partition, [...(found.get(partition) ?? []), ...(batch === null ? [] : [batch])])
      from.set(partition, next)
    }
  }
  return found
}

const valuesIn = (batches: readonly RecordBatch[] = []): (string | null)[] =>
  batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i) => batch.valueOf(i)?.toString() ?? null),
  )

describeBrokers('the Kafka sink', (at) => {
  test('makes a missing topic, and keeps key, headers, time and the very bytes of unchanged bodies', async () => {
    const topic = uniqueName('made')
    await using sink = await openSink(at(), {
      topic,
      create: { partitions: 2, replication: 1 },
      headers: { by: 'sluice' },
    })
    const value = '{ "spaced":  1.10 }'
    const headers = [{ key: 'h', value: Buffer.from('v') }]
    const batch = batchOf([
      { key: 'k', value, headers },
      { key: 'k', value: null },
    ])
    expect(await sink.write(Rows.of(batch), null, signal)).toMatchObject({ refused: [] })
    const [[partition, batches] = []] = [...(await contents(at(), topic))]
    const [first] = batches ?? []
    expect(partition).toBeLessThan(2)
    expect(valuesIn(batches)).toStrictEqual([value, null])
    expect(first?.keyTextOf(0)).toBe('k')
    expect(first?.timeOf(1)).toBe(1_001)
    const id = { key: recordIdHeader, value: Buffer.from('p/x/lane/0') }
    expect(first?.headersOf(0)).toStrictEqual([...headers, { key: 'by', value: Buffer.from('sluice') }, id])
    expect(first?.idOf(0)).toBe('p/x/lane/0')
  })

  test('makes a declared topic as it is declared, whatever its own options say', async () => {
    const topic = uniqueName('declared')
    const declared = {
      name: topic,
      partitions: 5,
      replicationFactor: 1,
      configs: { 'retention.ms': '60000' },
    }
    await using sink = await openSink(at(), { topic, create: { partitions: 2 } }, [declared])
    await sink.write(Rows.of(batchOf([{ key: 'k' }])), null, signal)
    await using admin = await clientOf(at()).admin()
    const made = await admin.topic(topic)
    expect([made?.partitions.length, (await admin.topicConfigs(topic))['retention.ms']]).toEqual([5, '60000'])
  })

  test('writes new bodies as JSON, and takes keys from where it is told', async () => {
    const topic = await newTopic(at())
    await using sink = await openSink(at(), { topic, key: 'event.sensor.id' })
    const batch = batchOf([{ key: 'old' }, {}, {}])
    const rows = Rows.of(batch).withBodies([{ sensor: { id: 7 } }, { sensor: null }, null])
    await sink.write(rows, null, signal)
    const [found] = (await contents(at(), topic)).get(0) ?? []
    expect(found?.count).toBe(3)
    expect([0, 1, 2].map((i) => found?.keyTextOf(i))).toStrictEqual(['7', null, null])
    expect(valuesIn(found === undefined ? [] : [found])).toStrictEqual([
      '{"sensor":{"id":7}}',
      '{"sensor":null}',
      null,
    ])
  })

  test('keeps the order of many lanes that write at once', async () => {
    const topic = await newTopic(at())
    await using sink = await openSink(at(), { topic, batch_bytes: '2KB' })
    const lanes = ['a', 'b', 'c']
    const writing = lanes.flatMap((lane) =>
      Array.from({ length: 5 }, async (_, part) => {
        const records = Array.from({ length: 200 }, (_each, i) => ({ value: `${lane}${part * 200 + i}` }))
        await sink.write(Rows.of(batchOf(records, lane)), null, signal)
      }),
    )
    await Promise.all(writing)
    const values = valuesIn((await contents(at(), topic)).get(0))
    for (const lane of lanes) {
      const own = values.filter((value) => value?.startsWith(lane))
      expect(own).toStrictEqual(Array.from({ length: 1_000 }, (_, i) => `${lane}${i}`))
    }
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('compresses with %s', async (compression) => {
    const topic = await newTopic(at())
    await using sink = await openSink(at(), { topic, compression })
    const values = Array.from({ length: 500 }, (_, i) => `{"value":${i}}`)
    await sink.write(Rows.of(batchOf(values.map((value) => ({ value })))), null, signal)
    expect(valuesIn((await contents(at(), topic)).get(0))).toStrictEqual(values)
  })

  test('refuses a record that is too large, and writes all others in order', async () => {
    const topic = await newTopic(at(), { configs: { 'max.message.bytes': '2000' } })
    await using sink = await openSink(at(), { topic })
    const values = Array.from({ length: 20 }, (_, i) => (i === 11 ? 'x'.repeat(5_000) : `small ${i}`))
    const result = await sink.write(Rows.of(batchOf(values.map((value) => ({ value })))), null, signal)
    expect(result.refused.map((each) => [each.row, each.reason.code])).toStrictEqual([[11, 'RECORD_REFUSED']])
    await sink.write(Rows.of(batchOf([{ value: 'later' }])), null, signal)
    const expected = [...values.filter((_, i) => i !== 11), 'later']
    expect(valuesIn((await contents(at(), topic)).get(0))).toStrictEqual(expected)
  })

  test('says so when the topic is missing and must not be made', async () => {
    await using sink = await openSink(at(), { topic: uniqueName('missing'), create: { enabled: false } })
    await expect(sink.write(Rows.of(batchOf([{}])), null, signal)).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
    })
  })

  test('gives up waiting when it is told to', async () => {
    const topic = await newTopic(at())
    await using sink = await openSink(at(), { topic })
    await expect(
      sink.write(Rows.of(batchOf([{}])), null, AbortSignal.abort(new Error('stop'))),
    ).rejects.toThrow('stop')
  })

  test('writes each record once and in order when the broker is killed meanwhile', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    await using sink = await openSink(at(), { topic, batch_bytes: '8KB' })
    const rounds = 60
    const perRound = 100
    let crashed: Promise<void> | undefined
    for (let round = 0; round < rounds; round++) {
      if (round === 20) crashed = at().crash()
      const records = Array.from({ length: perRound }, (_, i) => ({
        key: `k${i % 10}`,
        value: String(round * perRound + i),
      }))
      const result = await sink.write(Rows.of(batchOf(records)), null, signal)
      expect(result.refused).toStrictEqual([])
    }
    await crashed
    const partitions = [...(await contents(at(), topic)).values()].map((batches) =>
      valuesIn(batches).map(Number),
    )
    expect(partitions).toHaveLength(2)
    for (const values of partitions) expect(values).toStrictEqual(values.toSorted((a, b) => a - b))
    const all = partitions.flat().sort((a, b) => a - b)
    expect(all).toStrictEqual(Array.from({ length: rounds * perRound }, (_, i) => i))
  })
})
