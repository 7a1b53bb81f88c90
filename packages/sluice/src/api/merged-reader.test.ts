import { describe, expect, test } from 'vitest'
import { memoryKafka } from './memory-kafka.suite.ts'
import { MergedReader } from './merged-reader.ts'
import type { Stretch } from './message-start.ts'
import type { Kafka } from './ports.ts'

const { signal } = new AbortController()

const filled = async (count: number, sizeBytes: number) => {
  const kafka = memoryKafka({ fetchRecords: 4, fetchPartitions: 10 })
  await kafka.admin.createTopic({ name: 'a', partitions: 1, replicationFactor: 1, configs: {} })
  const record = { topic: 'a', partition: 0, key: null, headers: [], value: Buffer.alloc(sizeBytes, 'x') }
  await kafka.writer.send(Array.from({ length: count }, (_, n) => ({ ...record, timeMs: n })))
  return kafka
}

const readerOf = (peek: Kafka['peek'], isBackward: boolean, stretch: Stretch): MergedReader =>
  new MergedReader(peek, { topic: 'a', stretches: new Map([[0, stretch]]), isBackward, wanted: 50 })

const takeAll = async (reader: MergedReader): Promise<number[]> => {
  const taken: number[] = []
  do {
    for (let record = reader.take(); record !== null; record = reader.take()) {
      taken.push(Number(record.batch.numberOf(record.index)))
    }
  } while (await reader.fill(signal))
  return taken
}

describe.each([false, true])('reading (backwards: %s)', (isBackward) => {
  test('ends where a broker keeps back what an open transaction wrote, and says that it is left', async () => {
    const kafka = await filled(5, 10)
    // Readers see nothing from offset 5 on, although the log is longer.
    const reader = readerOf(kafka.peek, isBackward, { low: 0n, high: 9n })
    const taken = await takeAll(reader)
    expect(taken).toEqual(isBackward ? [4, 3, 2, 1, 0] : [0, 1, 2, 3, 4])
    expect([reader.isDone, reader.remaining]).toEqual([true, isBackward ? 0n : 4n])
  })

  test('holds few large records at a time, and fetches each about once', async () => {
    const count = 40
    const kafka = await filled(count, 700_000)
    let fetched = 0
    const peek: Kafka['peek'] = {
      read: async (options, abort) => {
        const results = await kafka.peek.read(options, abort)
        for (const { batch } of results) fetched += batch?.count ?? 0
        return results
      },
    }
    const taken = await takeAll(readerOf(peek, isBackward, { low: 0n, high: BigInt(count) }))
    expect(taken).toHaveLength(count)
    expect(new Set(taken).size).toBe(count)
    expect(fetched).toBeLessThan(count * 2)
  })

  test('throws what Kafka answers, and ends when its caller has gone', async () => {
    const broken: Kafka['peek'] = { read: () => Promise.reject(new Error('no broker')) }
    const stretch = { low: 0n, high: 9n }
    await expect(readerOf(broken, isBackward, stretch).fill(signal)).rejects.toThrow('no broker')
    const gone = AbortSignal.abort()
    await expect(readerOf(broken, isBackward, stretch).fill(gone)).rejects.toThrow('aborted')
  })
})
