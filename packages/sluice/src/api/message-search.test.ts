import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }
const startMs = Date.UTC(2026, 0, 1)
const timeOf = (n: number): string => new Date(startMs + n * 1_000).toISOString()

interface Row {
  readonly partition: number
  readonly offset: string
  readonly value: unknown
  readonly value_encoding: string | null
  readonly key: string | null
  readonly size_bytes: number
  readonly truncated: boolean
}

interface PageBody {
  readonly count: number
  readonly data: readonly Row[]
  readonly next: string
  readonly follow_from: string
  readonly from: string
  readonly at_end: boolean
  readonly scanned: number
  readonly matched: number
  readonly scanned_bytes: number
  readonly remaining: string
  readonly unjudged: number
  readonly unjudged_example: { readonly offset: string; readonly problem: string } | null
}

let api: TestApi
afterEach(() => api[Symbol.asyncDispose]())

const get = (path: string) => api.server.inject({ url: path, headers })

const query = (fields: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

const read = async (fields: Readonly<Record<string, string | number>>): Promise<PageBody> => {
  const answer = await get(`/api/topics/a/messages?${query(fields)}`)
  expect(answer.statusCode).toBe(200)
  return answer.json<PageBody>()
}

const produce = (records: readonly unknown[]) =>
  api.server.inject({ method: 'POST', url: '/api/topics/a/messages', headers, payload: { records } })

const start = async (partitions: number, change: Parameters<typeof startTestApi>[0] = {}) => {
  api = await startTestApi(change)
  const payload = { name: 'a', partitions }
  await api.server.inject({ method: 'POST', url: '/api/topics', headers, payload })
}

/** `{"n":0}` … in two partitions by turns, one each second. */
const fill = (count: number) =>
  produce(
    Array.from({ length: count }, (_, n) => ({
      key: n % 3 === 0 ? 'fizz' : null,
      value: { n },
      partition: n % 2,
      timestamp: timeOf(n),
    })),
  )

const numbersOf = (page: PageBody): unknown[] =>
  page.data.map(({ value }) =>
    typeof value === 'object' && value !== null && 'n' in value ? value.n : value,
  )

describe('searching', () => {
  beforeEach(async () => {
    await start(2, { searchBudget: { records: 10, bytes: 1_000_000, ms: 60_000 } })
    await fill(30)
  })

  test('gives what the filter wants, newest first, and tells what it went through', async () => {
    const page = await read({ filter: 'event.n % 4 == 0', limit: 2 })
    expect(numbersOf(page)).toEqual([28, 24])
    expect(page).toMatchObject({ scanned: 6, matched: 2, remaining: '24', at_end: false, unjudged: 0 })
  })

  test('pauses when its budget is spent, and goes on exactly there', async () => {
    const found: unknown[] = []
    const scanned: number[] = []
    let from = 'newest'
    for (;;) {
      const page = await read({ filter: 'event.n == 3 || meta.key == "fizz"', from, limit: 1_000 })
      found.push(...numbersOf(page))
      scanned.push(page.scanned)
      from = page.next
      if (page.at_end) break
    }
    expect(found).toEqual([27, 24, 21, 18, 15, 12, 9, 6, 3, 0])
    expect(scanned).toEqual([10, 10, 10])
  })

  test.each([
    {
      says: 'a time range',
      fields: { from: `time:${timeOf(10)}`, until: `time:${timeOf(14)}` },
      numbers: [10, 11, 12, 13],
    },
    { says: 'what came before a time', fields: { from: `before:${timeOf(3)}` }, numbers: [2, 1, 0] },
    {
      says: 'back to a time',
      fields: { from: 'newest', until: `time:${timeOf(27)}` },
      numbers: [29, 28, 27],
    },
    { says: 'up to an offset', fields: { from: 'earliest', until: 'offset:2' }, numbers: [0, 1, 2, 3] },
    { says: 'an end before the beginning', fields: { from: 'offset:9', until: 'offset:2' }, numbers: [] },
    { says: 'one partition', fields: { from: 'earliest', until: 'offset:2', partition: 1 }, numbers: [1, 3] },
  ])('reads $says', async ({ fields, numbers }) => {
    const page = await read(fields)
    expect(numbersOf(page)).toEqual(numbers)
    expect([page.at_end, page.remaining]).toEqual([true, '0'])
  })

  test('what the filter cannot judge is left out, counted, and the first is told', async () => {
    await produce([
      { value: { other: 1 }, partition: 0, timestamp: timeOf(40) },
      { value: 'plain text', partition: 0, timestamp: timeOf(41) },
    ])
    const page = await read({ filter: 'event.n >= 28' })
    expect(numbersOf(page)).toEqual([29, 28])
    expect(page.unjudged).toBe(2)
    expect(page.unjudged_example).toMatchObject({ offset: '16' })
    const text = await read({ filter: 'type(event) == string && event.contains("plain")', limit: 1 })
    expect(numbersOf(text)).toEqual(['plain text'])
  })

  test.each([
    { filter: 'FIZZ', numbers: [27, 24], says: 'in the key' },
    { filter: '\'"n":29\'', numbers: [29], says: 'quoted, in the value' },
    { filter: 'nowhere', numbers: [], says: 'not there' },
  ])('finds plain words: $says', async ({ filter, numbers }) => {
    expect(numbersOf(await read({ filter, limit: 2 }))).toEqual(numbers)
  })

  test.each([
    { filter: 'event.n >', column: 10, fix: 'CEL' },
    { filter: 'evnt.n > 1', column: 1, fix: 'Did you mean `event`?' },
  ])('says where $filter is wrong and what to do', async ({ filter, column, fix }) => {
    const answer = await get(`/api/topics/a/messages?${query({ filter })}`)
    expect(answer.statusCode).toBe(422)
    const body = answer.json<{ code: string; error: string; details: { fix: string } }>()
    expect(body.code).toBe('EXPRESSION_INVALID')
    expect(body.error).toContain(`at column ${column}`)
    expect(body.details.fix).toContain(fix)
  })

  test('an expression that gives no answer is told with the first message', async () => {
    const page = await read({ filter: 'event.n + 1.0' })
    expect(page.unjudged_example?.problem).toBe('the expression gave number, not true or false')
  })

  test('says as offsets where a page began, and from where to follow', async () => {
    const page = await read({ from: `time:${timeOf(10)}`, limit: 1 })
    expect([page.from, page.next, page.follow_from]).toEqual(['at:0=5,1=5', 'at:0=6,1=5', 'at:0=15,1=15'])
  })
})

describe('large messages', () => {
  beforeEach(() => start(1))

  const large = 20 * 1024 * 1024

  test('are shown as a preview, which never splits a character', async () => {
    const text = `x${'é'.repeat(1_000)}`
    await produce([{ key: 'k'.repeat(500), value: text, headers: [{ key: 'h', value: 'v'.repeat(300) }] }])
    const { data } = await read({ preview_bytes: 100 })
    const [row] = data
    expect(row).toMatchObject({
      truncated: true,
      value_encoding: 'utf8',
      key: 'k'.repeat(100),
      size_bytes: 2_501,
    })
    expect(row?.value).toBe(`x${'é'.repeat(49)}`)
    expect((await read({})).data[0]).toMatchObject({ truncated: false, value: text })
  })

  test('of 20 MB come whole when one is asked for, and do not fill a page otherwise', async () => {
    const body = Buffer.from(`{"text":"${'x'.repeat(large)}"}`)
    const record = { topic: 'a', partition: 0, key: null, headers: [], timeMs: startMs }
    await api.kafka.writer.send(Array.from({ length: 5 }, () => ({ ...record, value: body })))
    const answer = await get('/api/topics/a/messages')
    expect(answer.body.length).toBeLessThan(7 * 1024 * 1024)
    const page = answer.json<PageBody>()
    expect([page.count, page.at_end, page.data[0]?.truncated]).toEqual([4, false, true])
    const whole = await get('/api/topics/a/messages/0/3')
    expect(whole.json<Row>()).toMatchObject({
      value: body.toString(),
      value_encoding: 'utf8',
      truncated: false,
    })
    const cut = await get('/api/topics/a/messages/0/3?preview_bytes=8')
    expect(cut.json<Row>()).toMatchObject({ value: '{"text":', truncated: true, size_bytes: body.length })
  })

  test('are not parsed for a filter beyond a size, and that is told', async () => {
    const value = Buffer.from(`{"text":"${'x'.repeat(5 * 1024 * 1024)}"}`)
    const record = { topic: 'a', partition: 0, key: Buffer.from('k'), headers: [], timeMs: startMs }
    await api.kafka.writer.send([{ ...record, value }])
    const page = await read({ filter: 'event.text == "x"' })
    expect(page.unjudged_example?.problem).toContain('larger than')
    expect((await read({ filter: 'meta.key == "k"', preview_bytes: 10 })).matched).toBe(1)
  })
})

describe('one message', () => {
  beforeEach(async () => {
    await start(2)
    await fill(4)
  })

  test('is shown with its bytes, its batch and what its partition holds', async () => {
    const answer = await get('/api/topics/a/messages/1/1?raw=true')
    expect(answer.json()).toMatchObject({
      partition: 1,
      offset: '1',
      key: 'fizz',
      value: { n: 3 },
      raw: { key: Buffer.from('fizz').toString('base64'), value: Buffer.from('{"n":3}').toString('base64') },
      batch: { codec: 'none' },
      earliest: '0',
      latest: '2',
    })
  })

  test.each(['1/2', '1/9223372036854775807', '7/0'])('that is not there (%s) is told', async (place) => {
    const answer = await get(`/api/topics/a/messages/${place}`)
    expect(answer.statusCode).toBe(404)
    expect(answer.json<{ code: string }>().code).toBe('MESSAGE_UNKNOWN')
  })
})

describe('counts over time', () => {
  interface HistogramBody {
    readonly data: readonly { from: string; until: string; count: number; matched: number | null }[]
    readonly total: number
    readonly matched: number | null
    readonly complete: boolean
    readonly scanned: number
  }

  const histogram = async (fields: Readonly<Record<string, string | number>>): Promise<HistogramBody> => {
    const answer = await get(`/api/topics/a/histogram?${query(fields)}`)
    expect(answer.statusCode).toBe(200)
    return answer.json<HistogramBody>()
  }

  const range = { from: timeOf(0), until: timeOf(30), buckets: 6 }

  test('come from offsets', async () => {
    await start(2)
    await fill(30)
    const body = await histogram(range)
    expect(body.data.map(({ count }) => count)).toEqual([5, 5, 5, 5, 5, 5])
    expect(body.data[1]).toMatchObject({ from: timeOf(5), until: timeOf(10), matched: null })
    expect(body).toMatchObject({ total: 30, matched: null, scanned: 0, complete: true })
    expect((await histogram({ ...range, partition: 0 })).total).toBe(15)
  })

  test('begin with the oldest message and end now when nothing is said', async () => {
    await start(2)
    expect((await histogram({})).total).toBe(0)
    await fill(30)
    const body = await histogram({ buckets: 10 })
    expect(body.data[0]?.from).toBe(timeOf(0))
    expect(body).toMatchObject({ total: 30, data: { length: 10 } })
  })

  test('with a filter tell how many match, newest first as far as the search got', async () => {
    await start(2, { searchBudget: { records: 12, bytes: 1_000_000, ms: 60_000 } })
    await fill(30)
    const body = await histogram({ ...range, filter: 'event.n % 2 == 0' })
    expect(body.data.map(({ matched }) => matched)).toEqual([null, null, null, null, 3, 2])
    expect(body).toMatchObject({ complete: false, scanned: 12, matched: 6 })
    const few = await histogram({ from: timeOf(20), until: timeOf(30), buckets: 2, filter: 'event.n > 23' })
    expect(few).toMatchObject({ complete: true, matched: 6, data: [{ matched: 1 }, { matched: 5 }] })
  })

  test.each([
    { fields: { from: 'soon' }, field: 'from' },
    { fields: { from: timeOf(2), until: timeOf(1) }, field: 'from' },
    { fields: { buckets: 201 }, field: 'buckets' },
  ])('refuses $fields', async ({ fields, field }) => {
    await start(1)
    const answer = await get(`/api/topics/a/histogram?${query(fields)}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ details: { problems: [{ field }] } })
  })
})
