/** Bad requests to a Sluice that works: each gets its reason, and what was accepted before, between and after is stored once. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../examples/recount.ts'
import { isErrorBody } from '../support/error-body.ts'
import type { TestPart } from '../support/part.ts'
import { type Answer, pipelinesOf, type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'

const configuration = `
topics:
  posted: { partitions: 2 }
pipelines:
  posts: { source: { http: { timeout: 100s } }, sink: { kafka: { topic: posted } } }
  posted-to-table:
    source: { kafka: { topic: posted } }
    sink:
      postgres:
        table: posted
        columns: { id: { type: text, from: meta.id }, n: bigint }
        key: id
        on_conflict: ignore
`

const mebibyte = 1024 * 1024

describe('a Sluice that is asked nonsense', () => {
  let home: SluiceHome
  let sluice: TestPart
  const accepted: number[] = []
  let next = 0

  /** Sends events with numbers of their own, and notes those that were accepted. */
  const post = async (count: number, padBytes = 0): Promise<Answer> => {
    const numbers = Array.from({ length: count }, () => next++)
    const pad = 'x'.repeat(Math.max(0, Math.floor(padBytes / count)))
    const answer = await home.call('/api/ingest/posts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(numbers.map((n) => ({ n, pad }))),
      signal: AbortSignal.timeout(120_000),
    })
    if (answer.status === 202) accepted.push(...numbers)
    return answer
  }

  beforeAll(async () => {
    home = await sluiceHome('requests')
    sluice = await home.up(home.write(configuration))
    await untilHolds(sluice, 'calls were taken', async () => (await post(1)).status === 202)
  })
  afterAll(async () => {
    await sluice?.stop()
    home?.[Symbol.dispose]()
  })

  const json = { 'content-type': 'application/json' }
  const ingest = (body: string, headers: Record<string, string> = json) => ({
    path: '/api/ingest/posts',
    init: { method: 'POST', body, headers },
  })

  interface BadCall {
    readonly path: string
    readonly init?: RequestInit
    readonly status: number
    readonly says: RegExp
    readonly problems?: readonly string[]
  }

  test.each<BadCall>([
    ...['0', '-1', 'abc', '10001', '1e9', '', '1.5', '5&limit=6'].map((limit) => ({
      path: `/data/latest?limit=${limit}`,
      status: 400,
      says: /^limit: /,
    })),
    {
      path: '/data/by-sensor/s?limit=99999999999999999999',
      status: 400,
      says: /^limit: .*is not of type integer/,
    },
    { path: '/data/latest?page=2', status: 400, says: /page/ },
    { path: `/data/by-sensor/${'s'.repeat(300)}`, status: 400, says: /sensor_id/ },
    { path: '/data/by-sensor/%E0%A4%A', status: 400, says: /./ },
    { path: '/data/by-sensor/a%00b', status: 400, says: /./ },
    { path: '/nowhere', status: 404, says: /no GET \/nowhere/ },
    { path: '/api/pipelines/nobody', status: 404, says: /no pipeline named nobody/ },
    {
      path: '/api/pipelines/nobody/start',
      init: { method: 'POST' },
      status: 404,
      says: /no pipeline named nobody/,
    },
    { path: '/api/topics/nobody', status: 404, says: /nobody/ },
    { path: '/api/dead-letters/999999', status: 404, says: /999999/ },
    { path: '/api/dead-letters/none', status: 400, says: /id/ },
    { path: '/data/latest', init: { method: 'DELETE' }, status: 405, says: /does not take DELETE/ },
    {
      path: '/data/latest',
      init: { headers: { authorization: 'Bearer wrong' } },
      status: 401,
      says: /needs a key/,
    },
    { path: '/data/latest', init: { headers: { authorization: '' } }, status: 401, says: /needs a key/ },
    {
      path: '/data/latest',
      init: { headers: { authorization: 'Basic YTpi' } },
      status: 401,
      says: /needs a key/,
    },
    {
      path: '/health',
      init: { headers: { authorization: 'Bearer wrong' } },
      status: 401,
      says: /needs a key/,
    },
    {
      path: '/health',
      init: { headers: { origin: 'https://evil.example' } },
      status: 403,
      says: /evil\.example/,
    },
    {
      path: '/api/ingest/nobody',
      init: { method: 'POST', body: '{}', headers: json },
      status: 404,
      says: /nobody/,
    },
    {
      path: '/api/ingest/posted-to-table',
      init: { method: 'POST', body: '{}', headers: json },
      status: 404,
      says: /posted-to-table/,
    },
    { ...ingest('{"n": 1', json), status: 400, says: /JSON/ },
    { ...ingest('[{"n": 1}, 2]', json), status: 400, says: /body\[1\]: must be an object/ },
    { ...ingest('[]', json), status: 400, says: /no event/ },
    { ...ingest('', json), status: 400, says: /./ },
    { ...ingest('{"n":1}\n{"n":', { 'content-type': 'application/x-ndjson' }), status: 400, says: /2/ },
    { ...ingest('"\ud800"', json), status: 400, says: /./ },
    { ...ingest('n=1', { 'content-type': 'text/plain' }), status: 415, says: /text\/plain/ },
    { ...ingest(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`), status: 400, says: /64/ },
    { ...ingest(`${'['.repeat(100_000)}`), status: 400, says: /./ },
    { ...ingest('{"n":1}', { ...json, 'idempotency-key': 'a b' }), status: 400, says: /Idempotency-Key/ },
    { ...ingest(`[{"n":1,"pad":"${'x'.repeat(17 * mebibyte)}"}]`), status: 413, says: /at most 16777216/ },
    { ...ingest(`[${'{},'.repeat(10_000)}{}]`), status: 400, says: /more than 10000 events/ },
    {
      path: '/api/topics',
      init: {
        method: 'POST',
        body: `{"name":"a","description":"${'x'.repeat(5 * mebibyte)}"}`,
        headers: json,
      },
      status: 413,
      says: /at most 4194304/,
    },
    {
      path: '/api/topics',
      init: { method: 'POST', body: `${'{"name":'.repeat(70)}1${'}'.repeat(70)}`, headers: json },
      status: 400,
      says: /nested deeper than 64/,
    },
    {
      path: '/api/topics',
      init: { method: 'POST', body: '{"name":"a b","partitions":0,"bogus":1}', headers: json },
      status: 400,
      says: /./,
      problems: ['bogus', 'name', 'partitions'],
    },
  ])('$path $init.method is answered with $status', async ({ path, init, status, says, problems }) => {
    const answer = await home.call(path, init)
    expect([answer.status, answer.text.slice(0, 500)]).toEqual([status, expect.stringMatching(/^\{/)])
    expect(isErrorBody(answer.text)).toBe(true)
    const body = JSON.parse(answer.text) as {
      error: string
      details: { fix: string; problems: { field: string }[] }
    }
    expect(body.error).toMatch(says)
    expect(body.details.fix).not.toBe('')
    const fields = body.details.problems.map(({ field }) => field)
    expect(fields).toEqual(expect.arrayContaining([...(problems ?? [])]))
    expect((await post(3)).status).toBe(202)
  })

  /** Sends bytes as they are; resolves to all that came back until the connection closed. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = ''
      const socket = connect(home.port.http, '127.0.0.1', () => socket.write(text))
      const late = setTimeout(() => socket.destroy(), 20_000)
      socket.on('data', (chunk) => {
        answer += String(chunk)
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        clearTimeout(late)
        resolve(answer)
      })
    })

  test.each([
    { says: 'no HTTP at all', text: 'hello\r\n\r\n', status: 400 },
    {
      says: 'a header without end',
      text: `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(170_000)}`,
      status: 431,
    },
    {
      says: 'two lengths',
      text: 'POST /api/topics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      status: 400,
    },
    {
      says: 'length and chunks at once',
      text: 'POST /api/topics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      status: 400,
    },
    {
      says: 'a chunk of no number',
      text: 'POST /api/topics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      status: 4,
    },
    { says: 'no host', text: 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', status: 4 },
    {
      says: 'a strange host',
      text: 'GET /health HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
      status: 421,
    },
  ])('bytes that are $says get a plain answer and a closed connection', async ({ text, status }) => {
    const answer = await raw(text)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}`))
    expect(isErrorBody(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toBe(true)
    expect((await post(3)).status).toBe(202)
  })

  test('more than it can hold is told to come again, and nothing that waited is lost', async () => {
    await home.call('/api/pipelines/posts/pause', { method: 'POST' })
    const untilState = (state: string) =>
      untilHolds(sluice, `posts is ${state}`, async () =>
        (await pipelinesOf(home)).some((pipeline) => pipeline.name === 'posts' && pipeline.state === state),
      )
    await untilState('paused')
    const calls = Array.from({ length: 10 }, () => post(20, 15 * mebibyte))
    const first = await Promise.race(calls)
    expect([first.status, isErrorBody(first.text)]).toEqual([429, true])
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(first.text).toContain('is at its limit of 134217728 bytes')
    await home.call('/api/pipelines/posts/start', { method: 'POST' })
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([202, 429]))
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(8)
    await untilState('running')
    expect((await post(1)).status).toBe(202)
  })

  test('in the end every event that was accepted is in the table, once, and no other', async () => {
    const stored = async (): Promise<number[]> =>
      (await ask(home.databaseUrl(), 'select n from posted order by n')).map(({ n }) => Number(n))
    await untilHolds(sluice, 'all were stored', async () => (await stored()).length >= accepted.length)
    expect(await stored()).toEqual(accepted.toSorted((a, b) => a - b))
    for (const { name, ledger } of await pipelinesOf(home)) expect([name, ledger.gap]).toEqual([name, 0])
    expect(sluice.output()).not.toContain('started again')
    expect(sluice.output()).not.toContain('a call failed')
  })
})
