import { describe, expect, test } from 'vitest'
import { startTestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }

describe('the log', () => {
  test('is told newest first, a page at a time', async () => {
    await using api = await startTestApi()
    const first = await api.server.inject({ url: '/api/logs?limit=2', headers })
    expect(first.json()).toMatchObject({
      count: 2,
      next_offset: 2,
      components: ['pipeline readings'],
      data: [
        {
          id: '3',
          time: '2026-01-31T12:00:03.000Z',
          level: 'info',
          component: 'pipeline readings',
          process: 'worker 1',
          host: 'here',
          message: 'line 3',
          fields: { records: 3 },
        },
        { id: '2' },
      ],
    })
    const rest = await api.server.inject({ url: '/api/logs?limit=2&offset=2', headers })
    expect(rest.json()).toMatchObject({ count: 1, next_offset: null })
  })

  test.each([
    ['level=warn', ['2']],
    ['text=broke', ['2']],
    ['component=nothing', []],
    ['from=-15m', ['3', '2', '1']],
    ['from=2026-01-31T12:00:00Z&to=1769860800000', ['3', '2', '1']],
  ])('is searched with %s', async (query, ids) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: `/api/logs?${query}`, headers })
    expect(answer.json<{ data: { id: string }[] }>().data.map(({ id }) => id)).toEqual(ids)
  })

  test.each(['level=loud', 'from=yesterday', 'from=2026-99-99', 'limit=0', 'offset=-1', 'limit=1001'])(
    'refuses %s and names the field',
    async (query) => {
      await using api = await startTestApi()
      const answer = await api.server.inject({ url: `/api/logs?${query}`, headers })
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'REQUEST_INVALID'])
      expect(answer.json<{ error: string }>().error).toContain(query.split('=')[0])
    },
  )
})

describe('the configuration', () => {
  const put = (payload: object) => ({ method: 'PUT', url: '/api/config', headers, payload }) as const

  test('is shown, checked and compared; nothing is changed by that', async () => {
    await using api = await startTestApi()
    const shown = await api.server.inject({ url: '/api/config', headers })
    expect(shown.json()).toMatchObject({ text: 'pipelines: {}\n', revision: 1, editable: true, findings: [] })
    const payload = { text: 'a !' }
    const lint = await api.server.inject({ method: 'POST', url: '/api/config/lint', headers, payload })
    expect(lint.json()).toMatchObject({ ok: false, findings: [{ line: 1, column: 3, fix: 'no mark' }] })
    const url = '/api/config/differences'
    const bad = await api.server.inject({ method: 'POST', url, headers, payload })
    expect(bad.json()).toMatchObject({ changes: null, findings: [{ severity: 'error' }] })
    const good = await api.server.inject({ method: 'POST', url, headers, payload: { text: 'a' } })
    expect(good.json()).toMatchObject({ changes: { pipelines: { added: ['orders'] }, restart: ['http'] } })
    expect(api.audit).toEqual([])
  })

  test('is written only when that is said, becomes a revision, and is audited without its text', async () => {
    await using api = await startTestApi()
    const asked = await api.server.inject(put({ text: 'new', base_revision: 1 }))
    expect(asked.json()).toMatchObject({ applied: false, revision: null })
    expect(asked.json<{ message: string }>().message).toBe(
      'Nothing is changed yet: 1 pipeline added, http at the next start.',
    )
    const done = await api.server.inject(put({ text: 'new', base_revision: 1, dry_run: false }))
    expect(done.json()).toMatchObject({ applied: true, revision: 2, backup: 'sluice.yaml.bak' })
    const late = await api.server.inject(put({ text: 'other', base_revision: 1, dry_run: false }))
    expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([409, 'CONFLICT'])
    const list = await api.server.inject({ url: '/api/config/revisions?limit=1', headers })
    expect(list.json()).toMatchObject({ data: [{ id: 2, newest: true }], next: 2 })
    const older = await api.server.inject({ url: '/api/config/revisions?before=2', headers })
    expect(older.json()).toMatchObject({ data: [{ id: 1, newest: false }], next: null })
    const one = await api.server.inject({ url: '/api/config/revisions/2', headers })
    expect(one.json()).toMatchObject({ id: 2, text: 'new', previous: 1, newest: true })
    expect(api.audit.map(({ action, outcome, details }) => [action, outcome, details['text']])).toEqual([
      ['config.applied', 'done', undefined],
      ['config.applied', 'done', undefined],
      ['config.applied', 'refused', undefined],
    ])
  })

  test('with errors is refused as a whole', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject(put({ text: 'a !', dry_run: false }))
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([422, 'CONFIG_INVALID'])
  })

  test('a revision that never was is not found', async () => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: '/api/config/revisions/99', headers })
    expect(answer.statusCode).toBe(404)
  })
})

describe('connections', () => {
  test('are tested, and one that does not answer is an answer with a word on what to do', async () => {
    await using api = await startTestApi()
    const list = await api.server.inject({ url: '/api/connections', headers })
    expect(list.json()).toMatchObject({ count: 2, data: [{ name: 'kafka', ok: null }, { name: 'database' }] })
    const test = async (name: string) =>
      api.server.inject({ method: 'POST', url: `/api/connections/${name}/test`, headers })
    expect((await test('kafka')).json()).toMatchObject({ ok: true, latency_ms: 2, fix: null })
    expect((await test('database')).json()).toMatchObject({ ok: false, problem: 'refused', fix: 'Start it.' })
    expect((await test('nothing')).statusCode).toBe(404)
  })
})

test.each([
  ['GET', '/api/logs'],
  ['GET', '/api/config'],
  ['PUT', '/api/config'],
  ['POST', '/api/config/lint'],
  ['POST', '/api/connections/kafka/test'],
] as const)('%s %s needs a key', async (method, url) => {
  await using api = await startTestApi()
  expect((await api.server.inject({ method, url })).statusCode).toBe(401)
})
