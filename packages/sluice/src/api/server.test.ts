import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Resource } from '../contract/endpoint.ts'
import { contract } from '../contract/index.ts'
import { limits } from '../kernel/limits.ts'
import { startTestApi, testKey } from './rig.suite.ts'

const key = { authorization: `Bearer ${testKey}` }

const resources: readonly Resource[] = Object.values(contract)

const entries = resources.flatMap(({ name, endpoints }) =>
  Object.entries(endpoints).map(([id, entry]) => ({ id: `${name}.${id}`, entry })),
)

const urlOf = (path: string): string => path.replaceAll(/\{\w+\}/g, '1')

describe('every entry of the contract', () => {
  test.each(entries)('$id is open exactly when it needs no permission', ({ entry }) => {
    expect(entry.open).toBe(entry.permission === null)
  })

  test.each(entries)('$id tells what it does', ({ entry }) => {
    expect(entry.summary.length).toBeGreaterThan(5)
    expect(entry.description.length).toBeGreaterThan(10)
  })

  test.each(entries.filter(({ entry }) => entry.method === 'GET'))(
    '$id reads, so it is not audited',
    ({ entry }) => {
      expect(entry.audit).toBeNull()
    },
  )

  const open = entries.filter(({ entry }) => entry.open)

  test.each(open.filter(({ entry }) => entry.body === null))(
    '$id answers without a key',
    async ({ entry }) => {
      await using api = await startTestApi()
      const answer = await api.server.inject({ method: entry.method, url: urlOf(entry.path) })
      expect(answer.statusCode).toBe(200)
    },
  )

  test.each(entries.filter(({ entry }) => !entry.open))('$id asks for a key', async ({ entry }) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ method: entry.method, url: urlOf(entry.path) })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json()).toMatchObject({ code: 'UNAUTHENTICATED', error: 'This needs a key.' })
  })

  test.each(entries)('$id refuses a wrong key', async ({ entry }) => {
    await using api = await startTestApi()
    const headers = { authorization: `Bearer sluice_${'x'.repeat(43)}` }
    const answer = await api.server.inject({ method: entry.method, url: urlOf(entry.path), headers })
    expect(answer.statusCode).toBe(401)
  })
})

describe('answers that are no success', () => {
  test('have one shape, name the call, and hold no stack', async () => {
    const failing = () => Promise.reject(new Error('secret detail of the pool'))
    await using api = await startTestApi({ pipelines: { ...brokenPipelines, list: failing } })
    const answer = await api.server.inject({
      url: '/api/pipelines',
      headers: { ...key, 'x-request-id': 'call-7' },
    })
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      error: 'Something failed inside Sluice; nothing that was acknowledged is lost.',
      details: { fix: 'Look for request call-7 in the log.', problems: [] },
      code: 'INTERNAL',
      request_id: 'call-7',
    })
    expect(answer.body).not.toContain('secret')
  })

  test.each([
    { says: 'an unknown path', url: '/api/nothing', method: 'GET', status: 404, code: 'ROUTE_UNKNOWN' },
    {
      says: 'a method a path does not take',
      url: '/api/pipelines',
      method: 'DELETE',
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
    },
    { says: 'an unknown pipeline', url: '/api/pipelines/x', method: 'GET', status: 404, code: 'NOT_FOUND' },
    {
      says: 'an unknown query',
      url: '/data/latest?limits=3',
      method: 'GET',
      status: 400,
      code: 'REQUEST_INVALID',
    },
    { says: 'a broken path', url: '/api/pipelines/%zz', method: 'GET', status: 400, code: 'REQUEST_INVALID' },
  ] as const)('$says: $status', async ({ url, method, status, code }) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url, method, headers: key })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ code })
  })

  test('a wrong method tells the right ones', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/topics/a', method: 'PUT', headers: key })
    expect(answer.headers['allow']).toBe('DELETE, GET')
    expect(answer.json()).toMatchObject({ details: { fix: 'Use DELETE or GET.' } })
  })

  test.each([
    { says: 'no JSON', body: '{', type: 'application/json', status: 400, code: 'JSON_INVALID' },
    {
      says: 'a bare number of many digits',
      body: '-24536376815314866176',
      type: 'application/json',
      status: 400,
      code: 'REQUEST_INVALID',
    },
    {
      says: 'no UTF-8',
      body: Buffer.from([0x22, 0xff, 0x22]),
      type: 'application/json',
      status: 400,
      code: 'JSON_INVALID',
    },
    { says: 'another type', body: 'name: a', type: 'text/yaml', status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
    { says: 'too deep', body: '['.repeat(100), type: 'application/json', status: 400, code: 'JSON_TOO_DEEP' },
    { says: 'a list', body: '[]', type: 'application/json', status: 400, code: 'REQUEST_INVALID' },
    { says: 'nothing', body: '', type: 'application/json', status: 400, code: 'REQUEST_INVALID' },
    {
      says: 'too large',
      body: `{"name":"${'a'.repeat(limits.requestBodyBytesMax)}"}`,
      type: 'application/json',
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
  ])('a body that is $says: $status', async ({ body, type, status, code }) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/topics',
      headers: { ...key, 'content-type': type },
      payload: body,
    })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ code })
  })

  test('a request with many faults is told all of them', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/topics',
      headers: key,
      payload: { partitions: '3', zones: 1 },
    })
    const { details } = answer.json<{ details: { problems: { field: string }[] } }>()
    expect(details.problems.map(({ field }) => field).toSorted()).toEqual(['name', 'partitions', 'zones'])
  })
})

const brokenPipelines = {
  list: () => Promise.resolve([]),
  one: () => Promise.resolve(null),
  text: () => Promise.reject(new Error('nobody asks')),
  outcomes: () => Promise.resolve([]),
  want: () => Promise.resolve(),
  positions: () => Promise.resolve([]),
  planMove: () => Promise.resolve([]),
  move: () => Promise.resolve(),
}

describe('names and origins', () => {
  test.each([
    { says: 'loopback', headers: { host: '127.0.0.1:8080' }, status: 200 },
    { says: 'localhost', headers: { host: 'localhost:8080' }, status: 200 },
    { says: 'IPv6 loopback', headers: { host: '[::1]:8080' }, status: 200 },
    { says: 'a name of an attacker', headers: { host: 'evil.example:8080' }, status: 421 },
    { says: 'a name that starts like loopback', headers: { host: '127.0.0.1.evil.example' }, status: 421 },
    { says: 'a name that was allowed', headers: { host: 'sluice.example' }, status: 200 },
    {
      says: 'its own page',
      headers: { host: 'localhost:8080', origin: 'http://localhost:8080' },
      status: 200,
    },
    {
      says: 'a page of another port',
      headers: { host: 'localhost:8080', origin: 'http://localhost:9' },
      status: 403,
    },
    {
      says: 'a page from elsewhere',
      headers: { host: 'localhost', origin: 'https://evil.example' },
      status: 403,
    },
    { says: 'a page without origin', headers: { host: 'localhost', origin: 'null' }, status: 403 },
  ])('$says: $status', async ({ headers, status }) => {
    await using api = await startTestApi({ names: { hosts: ['sluice.example'], origins: [] } })
    const answer = await api.server.inject({ url: '/health', headers })
    expect(answer.statusCode).toBe(status)
  })

  test('does not listen where other machines could reach it, unless told to', async () => {
    await using api = await startTestApi()
    await expect(api.server.listen({ host: '0.0.0.0', port: 0 }, false)).rejects.toMatchObject({
      code: 'LISTEN_REFUSED',
    })
  })

  test('names the setting when its port is taken', async () => {
    await using first = await startTestApi()
    await using second = await startTestApi()
    const port = Number(new URL(await first.server.listen({ host: '127.0.0.1', port: 0 }, false)).port)
    await expect(second.server.listen({ host: '127.0.0.1', port }, false)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      fix: expect.stringContaining('--http') as string,
    })
  })
})

describe('the front page', () => {
  test('gives scripts a body and browsers a page without script', async () => {
    await using api = await startTestApi()
    const script = await api.server.inject({ url: '/', headers: { accept: '*/*' } })
    expect(script.json()).toMatchObject({ status: 'healthy', service: 'sluice' })
    const page = await api.server.inject({ url: '/', headers: { accept: 'text/html,*/*' } })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.body).toContain('<h1>Sluice</h1>')
    expect(page.body).not.toContain('<script')
  })
})

describe('health', () => {
  test('tells what answers', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/health' })
    expect(answer.json()).toMatchObject({
      status: 'healthy',
      kafka_connected: true,
      database_connected: true,
      sqs_connected: null,
      stream_status: 'running',
    })
  })

  test('is not ready while something does not answer, and says what', async () => {
    await using api = await startTestApi({
      roundTrips: [
        { name: 'kafka', ping: () => Promise.reject(new Error('connection refused')) },
        { name: 'database', ping: () => Promise.resolve() },
      ],
    })
    const ready = await api.server.inject({ url: '/ready' })
    expect(ready.statusCode).toBe(503)
    expect(ready.json()).toMatchObject({
      ready: false,
      checks: [
        { name: 'kafka', ok: false, problem: 'connection refused' },
        { name: 'database', ok: true, problem: null },
      ],
    })
    const health = await api.server.inject({ url: '/health' })
    expect(health.json()).toMatchObject({ status: 'unhealthy', kafka_connected: false })
  })
})

describe('metrics', () => {
  test('are given in the text format, with help', async () => {
    await using api = await startTestApi()
    await api.server.inject({ url: '/health' })
    const answer = await api.server.inject({ url: '/metrics', headers: key })
    expect(answer.headers['content-type']).toContain('version=0.0.4')
    expect(answer.body).toContain('# TYPE sluice_pipeline_records_total counter\n')
    expect(answer.body).toContain('sluice_pipeline_records_total{pipeline="readings",outcome="in"} 10\n')
    expect(answer.body).toContain('sluice_pipeline_ledger_gap_records{pipeline="readings"} 0\n')
    expect(answer.body).toContain('sluice_pipeline_lag_seconds{pipeline="readings"} 0.25\n')
    expect(answer.body).toMatch(
      /sluice_http_request_duration_seconds_count\{endpoint="health.health",status="200"\} 1\n/,
    )
    for (const line of answer.body.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) sluice_\w+ .+|sluice_\w+(\{.*\})? -?[\d.e+-]+)$/)
    }
  })
})

describe('the description of the API', () => {
  test('is OpenAPI 3.1 and has every entry', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/openapi.json', headers: key })
    const document = answer.json<{
      openapi: string
      paths: Record<string, Record<string, { operationId: string }>>
    }>()
    expect(document.openapi).toBe('3.1.0')
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    )
    expect(ids.toSorted()).toEqual(entries.map(({ id }) => id).toSorted())
    expect(document.paths['/data/latest']?.['get']).toMatchObject({
      parameters: [{ name: 'limit', in: 'query', required: false }],
      responses: { 200: {}, 400: {}, 401: {}, 403: {} },
    })
  })
})

describe('stopping', () => {
  test('ends followed streams and takes no new call', async () => {
    const api = await startTestApi()
    await api.kafka.admin.createTopic({ name: 'a', partitions: 1, replicationFactor: 1, configs: {} })
    const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
    const stream = await fetch(`${address}/api/topics/a/messages/follow`, { headers: key })
    expect(stream.status).toBe(200)
    const [text] = await Promise.all([stream.text(), api.server.close()])
    expect(text).toBe('')
    await expect(fetch(`${address}/health`)).rejects.toThrow('fetch failed')
  })
})

describe('bodies that come slowly', () => {
  const open = async (address: string, length: number): Promise<Socket> => {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(
      `POST /api/ingest/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${testKey}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
    )
    return socket
  }
  const statusOf = async (socket: Socket): Promise<string> => {
    const [chunk] = await once(socket, 'data')
    return String(chunk).slice(9, 12)
  }
  const send = async (address: string): Promise<number> => {
    const headers = { ...key, 'content-type': 'application/json' }
    const body = JSON.stringify(['x'.repeat(500)])
    return (await fetch(`${address}/api/ingest/events`, { method: 'POST', headers, body })).status
  }

  test('are bounded together: whoever goes beyond is told to come again, and what is given up makes room', async () => {
    await using api = await startTestApi({ bodiesInFlightBytesMax: 1_000 })
    const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
    const first = await open(address, 900)
    const second = await open(address, 900)
    first.write('x'.repeat(600))
    // Its announced length does not fit beside what is there, and what it sends neither.
    await expect.poll(() => send(address)).toBe(429)
    second.write('y'.repeat(600))
    expect(await statusOf(second)).toBe('429')
    first.destroy()
    await expect.poll(() => send(address)).toBe(202)
    second.destroy()
  })

  test('are refused by their length with an answer that the caller gets to read', async () => {
    await using api = await startTestApi()
    const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
    const headers = { ...key, 'content-type': 'application/json' }
    const body = Buffer.alloc(limits.ingestBodyBytesMax + 1, 32)
    const answer = await fetch(`${address}/api/ingest/events`, { method: 'POST', headers, body })
    expect(answer.status).toBe(413)
  })
})
