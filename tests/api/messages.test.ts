import { CompressionTypes, Kafka as KafkaJs, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kafka } from '../../packages/sluice/src/api/ports.ts'
import { startTestApi, type TestApi, testKey } from '../../packages/sluice/src/api/rig.suite.ts'
import { run } from '../../packages/sluice/src/cli/rig.suite.ts'
import { clientOf, describeBrokers, uniqueName } from '../kafka/brokers.ts'

/** What a Kafka client that is not Sluice's finds in a topic. */
interface Counted {
  readonly partition: number
  readonly offset: string
  readonly timeMs: number
  readonly key: string | null
  readonly value: { readonly n: number; readonly kind: string } | null
}

const partitions = 3
const total = 6_000
const startMs = Date.UTC(2026, 0, 1)
const spacingMs = 500

const isValue = (value: unknown): value is Counted['value'] =>
  value === null || (typeof value === 'object' && 'n' in value && 'kind' in value)

/** One message each half second, by turns in each partition, some compressed, some tombstones. */
const write = async (kafka: KafkaJs, topic: string): Promise<void> => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
  await admin.disconnect()
  // A second try after a slow answer must not write twice.
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (let first = 0; first < total; first += 500) {
    const messages = Array.from({ length: 500 }, (_, i) => {
      const n = first + i
      const kind = n % 97 === 0 ? 'rare' : 'common'
      return {
        partition: n % partitions,
        key: `k${n % 10}`,
        value: n % 1_000 === 999 ? null : JSON.stringify({ n, kind, padding: 'x'.repeat(n % 200) }),
        timestamp: String(startMs + n * spacingMs),
      }
    })
    const compression = first % 1_000 === 0 ? CompressionTypes.GZIP : CompressionTypes.None
    await producer.send({ topic, messages, compression })
  }
  await producer.disconnect()
}

const recount = async (kafka: KafkaJs, topic: string): Promise<readonly Counted[]> => {
  const consumer = kafka.consumer({ groupId: uniqueName('recount') })
  const found: Counted[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const value: unknown = message.value === null ? null : JSON.parse(message.value.toString())
      if (!isValue(value)) throw new Error(`unexpected value at ${partition}/${message.offset}`)
      const { offset, timestamp } = message
      found.push({
        partition,
        offset,
        timeMs: Number(timestamp),
        key: message.key?.toString() ?? null,
        value,
      })
      if (found.length === total) resolve()
      await Promise.resolve()
    },
  })
  await promise
  await consumer.disconnect()
  return found.toSorted((a, b) => a.timeMs - b.timeMs)
}

interface PageBody {
  readonly data: readonly { readonly partition: number; readonly offset: string }[]
  readonly next: string
  readonly at_end: boolean
  readonly scanned: number
  readonly unjudged: number
}

interface HistogramBody {
  readonly data: readonly { readonly from: string; readonly count: number; readonly matched: number | null }[]
  readonly total: number
  readonly matched: number | null
  readonly complete: boolean
}

const placeOf = ({ partition, offset }: { readonly partition: number; readonly offset: string }): string =>
  `${partition}/${offset}`

describeBrokers('messages against a recount by another client', (broker) => {
  let api: TestApi
  let http = ''
  let all: readonly Counted[] = []
  const topic = uniqueName('recounted')
  const parts: AsyncDisposable[] = []
  beforeAll(async () => {
    const client = clientOf(broker())
    const [admin, writer, peek] = await Promise.all([client.admin(), client.writer(), client.peek()])
    parts.push(admin, writer, peek)
    const kafka: Kafka = { admin, writer, peek, openPeek: () => client.peek() }
    // Small, so that every search pauses.
    api = await startTestApi({ kafka, searchBudget: { records: 900, bytes: 1_000_000_000, ms: 60_000 } })
    http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
    const other = new KafkaJs({ brokers: [broker().address], logLevel: logLevel.NOTHING })
    await write(other, topic)
    all = await recount(other, topic)
  })
  afterAll(async () => {
    await api[Symbol.asyncDispose]()
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()))
  })

  const get = async <Body>(path: string, query: Readonly<Record<string, string>>): Promise<Body> => {
    const url = `/api/topics/${topic}/${path}?${new URLSearchParams(query).toString()}`
    const answer = await api.server.inject({ url, headers: { authorization: `Bearer ${testKey}` } })
    expect(answer.statusCode).toBe(200)
    return answer.json<Body>()
  }

  /** Every place that pages give, and how many messages they looked at. */
  const readAll = async (query: Readonly<Record<string, string>>) => {
    const places: string[] = []
    let scanned = 0
    let { from = 'newest' } = query
    for (;;) {
      const page = await get<PageBody>('messages', { ...query, from })
      places.push(...page.data.map(placeOf))
      scanned += page.scanned
      from = page.next
      if (page.at_end) return { places, scanned }
    }
  }

  const timeOf = (n: number): string => new Date(startMs + n * spacingMs).toISOString()
  const isRare = ({ value }: Counted): boolean => value?.kind === 'rare'
  const rare = 'event != null && event.kind == "rare"'

  test('the newest are the newest', async () => {
    const page = await get<PageBody>('messages', { limit: '50' })
    expect(page.data.map(placeOf)).toEqual(all.slice(-50).toReversed().map(placeOf))
  })

  test.each(['earliest', 'newest'])(
    'all pages from the %s give every message once, in order of time',
    async (from) => {
      const { places, scanned } = await readAll({ from, limit: '700' })
      expect(places).toEqual((from === 'earliest' ? all : all.toReversed()).map(placeOf))
      expect(scanned).toBe(total)
    },
  )

  test.each(['earliest', 'newest'])('a search from the %s finds what a recount finds', async (from) => {
    const { places, scanned } = await readAll({ from, filter: rare, limit: '7' })
    const wanted = all.filter(isRare)
    expect(wanted.length).toBeGreaterThan(50)
    expect(places).toEqual((from === 'earliest' ? wanted : wanted.toReversed()).map(placeOf))
    expect(scanned).toBe(total)
  })

  test('a time range with a filter on the key', async () => {
    const from = `time:${timeOf(1_234)}`
    const { places } = await readAll({ from, until: `time:${timeOf(2_345)}`, filter: 'meta.key == "k7"' })
    const wanted = all.filter(
      ({ timeMs, key }) =>
        timeMs >= startMs + 1_234 * spacingMs && timeMs < startMs + 2_345 * spacingMs && key === 'k7',
    )
    expect(places).toEqual(wanted.map(placeOf))
  })

  test('counts over time, and how many of them match', async () => {
    const query = { from: timeOf(0), until: timeOf(total), buckets: '50', filter: rare }
    const perBucket = (rows: readonly Counted[]): number[] => {
      const counts = Array.from({ length: 50 }, () => 0)
      for (const { timeMs } of rows) {
        const bucket = Math.floor(((timeMs - startMs) * 50) / (total * spacingMs))
        counts[bucket] = (counts[bucket] ?? 0) + 1
      }
      return counts
    }
    const part = await get<HistogramBody>('histogram', query)
    expect(part.data.map(({ count }) => count)).toEqual(perBucket(all))
    expect([part.total, part.complete]).toEqual([total, false])
    // As far as the search got: the newest, and exactly.
    const matches = perBucket(all.filter(isRare))
    const known = part.data.flatMap(({ matched }, i) => (matched === null ? [] : [[matched, matches[i]]]))
    expect(known.length).toBeGreaterThan(5)
    for (const [found, wanted] of known) expect(found).toBe(wanted)
    const narrow = await get<HistogramBody>('histogram', {
      ...query,
      from: timeOf(total - 800),
      buckets: '8',
    })
    expect([narrow.complete, narrow.matched]).toEqual([true, all.slice(-800).filter(isRare).length])
  })

  test('one message, with the batch that it was written in', async () => {
    const [first] = all
    const shown = await get<{ value: unknown; batch: unknown; latest: string }>('messages/0/0', {
      raw: 'true',
    })
    expect(shown).toMatchObject({ value: first?.value, batch: { codec: 'gzip', base_offset: '0' } })
    expect(shown.latest).toBe(String(total / partitions))
  })

  test('the command line finds the same', async () => {
    const words = ['consume', topic, '--filter', rare, '--json', '--from', 'earliest', '--http', http]
    const { code, out, err } = await run({ words, environment: { SLUICE_KEY: testKey } })
    expect(code).toBe(0)
    const wanted = all.filter(isRare)
    expect(err).toBe(`${wanted.length} of 6,000 messages match.\n`)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => placeOf(JSON.parse(line) as Counted)),
    ).toEqual(wanted.map(placeOf))
  })
})
