import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OutgoingRecord } from '../flow/kafka-ports.ts'
import { systemClock } from '../kernel/clock.ts'
import { control, memoryKafka } from './memory-kafka.suite.ts'
import { compileMessageFilter } from './message-filter.ts'
import { type Page, readPage } from './message-reader.ts'
import { parseStart } from './message-start.ts'

/** A record of a partition: when it was written, whether a filter wants it, and how large it is; or a mark. */
interface Written {
  readonly timeMs: number
  readonly wanted: boolean
  readonly padding: number
  readonly isMark: boolean
}

const written: fc.Arbitrary<Written> = fc.record({
  timeMs: fc.integer({ min: 1, max: 50 }),
  wanted: fc.boolean(),
  padding: fc.constantFrom(0, 10, 2_000, 200_000),
  isMark: fc.nat(9).map((n) => n === 0),
})

const cases = fc.record({
  partitions: fc.array(fc.array(written, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
  limit: fc.integer({ min: 1, max: 30 }),
  budgetRecords: fc.integer({ min: 1, max: 50 }),
  fetchRecords: fc.integer({ min: 2, max: 12 }),
  fetchPartitions: fc.integer({ min: 1, max: 4 }),
  isFiltered: fc.boolean(),
  isBackward: fc.boolean(),
  low: fc.nat(20),
  high: fc.integer({ min: 10, max: 45 }),
})

const recordOf = (partition: number, { timeMs, wanted, padding, isMark }: Written): OutgoingRecord =>
  isMark
    ? { ...control, topic: 'a', partition }
    : {
        topic: 'a',
        partition,
        key: null,
        value: Buffer.from(JSON.stringify({ wanted, padding: 'x'.repeat(padding) })),
        headers: [],
        timeMs,
      }

test('pages in any direction hold every message once, within any stretch, with any budget, and end', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const { partitions, limit, isFiltered, isBackward, low, high } = given
      const kafka = memoryKafka(given)
      await kafka.admin.createTopic({
        name: 'a',
        partitions: partitions.length,
        replicationFactor: 1,
        configs: {},
      })
      for (const [partition, records] of partitions.entries()) {
        await kafka.writer.send(records.map((record) => recordOf(partition, record)))
      }
      const topic = await kafka.admin.topic('a')
      if (topic === null) throw new Error('the topic is gone')
      const filter = isFiltered ? compileMessageFilter('event.wanted') : null
      const budget = { records: given.budgetRecords, bytes: 1_000_000, ms: 60_000 }
      const until = isBackward ? `offset:${low}` : `offset:${high}`
      const highs = partitions.map((records, partition) => `${partition}=${Math.min(high, records.length)}`)
      let from = isBackward ? `before:${highs.join(',')}` : `offset:${low}`
      const seen: string[] = []
      let scanned = 0
      let page: Page
      let pages = 0
      do {
        const start = parseStart(from, undefined)
        const options = { start, until, filter, limit, previewBytes: 100, budget }
        page = await readPage(kafka, systemClock, topic, options, new AbortController().signal)
        seen.push(...page.messages.map(({ partition, offset }) => `${partition}/${offset}`))
        expect(page.messages.length).toBeLessThanOrEqual(limit)
        scanned += page.scanned
        from = page.next
      } while (!page.atEnd && ++pages < 1_000)
      const all = partitions.map((records, partition) =>
        records
          .map((record, offset) => ({ ...record, offset, name: `${partition}/${offset}` }))
          .filter(({ offset, isMark }) => offset >= low && offset < high && !isMark),
      )
      const wanted = all.map((rows) =>
        rows.filter((row) => !isFiltered || row.wanted).map(({ name }) => name),
      )
      // Every one once: within a partition in its order.
      expect(page.remaining).toBe(0n)
      expect(scanned).toBe(all.flat().length)
      expect(seen.length).toBe(wanted.flat().length)
      for (const [partition, names] of wanted.entries()) {
        const ofPartition = seen.filter((name) => name.startsWith(`${partition}/`))
        expect(ofPartition).toEqual(isBackward ? names.toReversed() : names)
      }
    }),
    { seed: 20_260_131, numRuns: 300 },
  )
})

test('partitions are merged by time, so that a page after a time holds what came first anywhere', async () => {
  const times = fc.array(
    fc.array(fc.nat(1_000), { maxLength: 30 }).map((each) => each.toSorted((a, b) => a - b)),
    { minLength: 1, maxLength: 4 },
  )
  await fc.assert(
    fc.asyncProperty(times, fc.boolean(), async (partitions, isBackward) => {
      const kafka = memoryKafka()
      const count = partitions.length
      await kafka.admin.createTopic({ name: 'a', partitions: count, replicationFactor: 1, configs: {} })
      for (const [partition, each] of partitions.entries()) {
        const record = { topic: 'a', partition, key: null, value: Buffer.from('v'), headers: [] }
        await kafka.writer.send(each.map((timeMs) => ({ ...record, timeMs })))
      }
      const topic = await kafka.admin.topic('a')
      if (topic === null) throw new Error('the topic is gone')
      const start = parseStart(isBackward ? 'newest' : 'earliest', undefined)
      const budget = { records: 1_000, bytes: 1_000_000, ms: 60_000 }
      const options = { start, until: undefined, filter: null, limit: 25, previewBytes: 100, budget }
      const page = await readPage(kafka, systemClock, topic, options, new AbortController().signal)
      const expected = partitions.flat().toSorted((a, b) => (isBackward ? b - a : a - b))
      expect(page.messages.map(({ timestamp }) => Date.parse(timestamp))).toEqual(expected.slice(0, 25))
    }),
    { seed: 20_260_131, numRuns: 100 },
  )
})
