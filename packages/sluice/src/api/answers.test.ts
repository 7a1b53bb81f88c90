import { describe, expect, test } from 'vitest'
import { fault } from '../kernel/faults/index.ts'
import { startTestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }

describe('pipelines', () => {
  test('are listed with state, rates, lag and ledger', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/pipelines', headers })
    expect(answer.json()).toMatchObject({
      count: 2,
      data: [
        {
          name: 'readings',
          state: 'running',
          rates: { in_per_second: 12.5, out_per_second: 12 },
          lag: { records: 3, seconds: 0.25 },
          ledger: { in: 10, delivered: 7, filtered: 2, dead_lettered: 1, in_flight: 0, gap: 0 },
          dead_letters: 1,
        },
        { name: 'orders' },
      ],
    })
  })

  test('one is shown with its lanes', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/pipelines/readings', headers })
    expect(answer.json()).toMatchObject({
      reads: ['readings'],
      lanes: [{ lane: 'readings/0', owner: 'worker-1', epoch: 4, committed_at: '2026-01-31T12:01:00.000Z' }],
    })
  })

  test.each([
    { verb: 'stop', state: 'stopped', action: 'pipeline.stopped' },
    { verb: 'pause', state: 'paused', action: 'pipeline.paused' },
    { verb: 'start', state: 'running', action: 'pipeline.started' },
  ])('$verb asks for $state and is audited', async ({ verb, state, action }) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ method: 'POST', url: `/api/pipelines/orders/${verb}`, headers })
    expect(answer.json()).toMatchObject({ name: 'orders', state })
    expect(api.audit).toMatchObject([
      {
        action,
        resource: 'pipeline orders',
        outcome: 'done',
        actor: 'admin',
        requestId: expect.any(String) as string,
      },
    ])
  })

  test('positions move only when it is said, and not under a running pipeline', async () => {
    await using api = await startTestApi()
    const move = (payload: object) =>
      api.server.inject({ method: 'POST', url: '/api/pipelines/readings/position/reset', headers, payload })
    const asked = await move({ to: 'earliest' })
    expect(asked.json()).toMatchObject({
      applied: false,
      moves: [{ lane: 'readings/0', to: '0', records: -10 }],
    })
    expect(api.pipelines.moved).toEqual([])
    const running = await move({ to: 'earliest', dry_run: false })
    expect(running.statusCode).toBe(409)
    await api.server.inject({ method: 'POST', url: '/api/pipelines/readings/stop', headers })
    const moved = await move({ to: 'earliest', dry_run: false })
    expect(moved.json()).toMatchObject({
      applied: true,
      message: 'Pipeline readings reads on from there in 1 lane: 10 records to be read again.',
    })
    expect(api.pipelines.moved).toHaveLength(1)
    expect(api.audit.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['pipeline.position_moved', 'done'],
      ['pipeline.position_moved', 'refused'],
      ['pipeline.stopped', 'done'],
      ['pipeline.position_moved', 'done'],
    ])
  })

  test('skipping names the record that comes next', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/pipelines/readings/position/skip',
      headers,
      payload: { lane: 'readings/0', past: '9007199254740993' },
    })
    expect(answer.json()).toMatchObject({ moves: [{ to: '9007199254740994' }] })
  })
})

describe('dead letters', () => {
  test('are listed by page, newest first', async () => {
    await using api = await startTestApi()
    const first = await api.server.inject({ url: '/api/dead-letters?limit=2', headers })
    expect(first.json()).toMatchObject({ data: [{ id: '3' }, { id: '2' }], count: 2, next: '2' })
    const second = await api.server.inject({ url: '/api/dead-letters?limit=2&before=2', headers })
    expect(second.json()).toMatchObject({ data: [{ id: '1', code: 'RECORD_REFUSED' }], next: null })
  })

  test('one is shown with its record', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/dead-letters/1', headers })
    expect(answer.json()).toMatchObject({
      key: 's-1',
      value: '{"temperature":"warm"}',
      value_encoding: 'utf8',
      headers: [{ key: 'trace', value: 't-1' }],
    })
  })

  test('one is edited and redriven, once', async () => {
    await using api = await startTestApi()
    const redrive = () =>
      api.server.inject({
        method: 'POST',
        url: '/api/dead-letters/1/redrive',
        headers,
        payload: { value: '{"temperature":20}' },
      })
    const done = await redrive()
    expect(done.statusCode).toBe(202)
    expect(done.json()).toMatchObject({ applied: true, count: 1 })
    const shown = await api.server.inject({ url: '/api/dead-letters/1', headers })
    expect(shown.json()).toMatchObject({ status: 'redriving', edited: true, value: '{"temperature":20}' })
    expect((await redrive()).statusCode).toBe(409)
    // What was written stays out of the audit log; that it was edited does not.
    expect(api.audit[0]).toMatchObject({ action: 'dead_letter.redriven', details: { edited: true } })
    expect(JSON.stringify(api.audit)).not.toContain('temperature')
  })

  test.each(['redrive', 'purge'])('many: %s counts first and acts when told', async (verb) => {
    await using api = await startTestApi()
    const ask = (payload: object) =>
      api.server.inject({ method: 'POST', url: `/api/dead-letters/${verb}`, headers, payload })
    const asked = await ask({ pipeline: 'readings' })
    expect(asked.json()).toMatchObject({ applied: false, count: 2 })
    const one = await ask({ pipeline: 'readings', ids: ['2'] })
    expect(one.json()).toMatchObject({ applied: false, count: 1 })
    const done = await ask({ pipeline: 'readings', dry_run: false })
    expect(done.json()).toMatchObject({ applied: true, count: 2 })
    expect((await ask({ pipeline: 'readings' })).json()).toMatchObject({ count: 0 })
  })
})

describe('ingest', () => {
  test('answers 202 after the receiver has stored the events', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/ingest/events',
      headers,
      payload: { a: 1 },
    })
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ accepted: 1, repeated: false })
  })

  test('hands over the bytes as they came, with type and key', async () => {
    const calls: unknown[] = []
    await using api = await startTestApi({
      receivers: {
        of: () => ({
          receive: async ({ body, contentType, idempotencyKey }) => {
            calls.push([Buffer.from(body).toString(), contentType, idempotencyKey])
            return { accepted: 2, repeated: true }
          },
        }),
      },
    })
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/ingest/events',
      headers: {
        ...headers,
        'content-type': 'application/x-ndjson; charset=utf-8',
        'idempotency-key': 'k-1',
      },
      payload: '{"a":1}\n{"a":2}\n',
    })
    expect(answer.json()).toMatchObject({ accepted: 2, repeated: true })
    expect(calls).toEqual([['{"a":1}\n{"a":2}\n', 'application/x-ndjson', 'k-1']])
  })

  test('says how long to wait when it is full', async () => {
    await using api = await startTestApi({
      receivers: {
        of: () => ({
          receive: () =>
            Promise.reject(fault('TOO_BUSY', { what: 'Ingest', limit: '128 MiB', retryAfterSeconds: 2 })),
        }),
      },
    })
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/ingest/events',
      headers,
      payload: {},
    })
    expect(answer.statusCode).toBe(429)
    expect(answer.headers['retry-after']).toBe('2')
  })

  test.each([
    { says: 'an unknown pipeline', url: '/api/ingest/none', more: {}, status: 404 },
    {
      says: 'another type of body',
      url: '/api/ingest/events',
      more: { 'content-type': 'text/csv' },
      status: 415,
    },
    { says: 'an unusable key', url: '/api/ingest/events', more: { 'idempotency-key': 'a b' }, status: 400 },
  ])('refuses $says', async ({ url, more, status }) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json', ...more },
      payload: '{}',
    })
    expect(answer.statusCode).toBe(status)
  })
})
