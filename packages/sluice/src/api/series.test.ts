import { describe, expect, test } from 'vitest'
import type { SeriesQuery } from './ports.ts'
import { memorySeries, startTestApi, testKey } from './rig.suite.ts'
import { gridOf, rangeOf, stepOf } from './time-range.ts'

const headers = { authorization: `Bearer ${testKey}` }
const now = Date.UTC(2026, 0, 31, 12)

describe('/api/series', () => {
  test('asks for each name and subject once, an hour back', async () => {
    const asked: SeriesQuery[] = []
    await using api = await startTestApi({
      clock: { now: () => now, sleep: () => Promise.resolve() },
      series: {
        ...memorySeries(),
        read: async (query) => {
          asked.push(query)
          const points: [number, number | null][] = [[now - 5_000, null]]
          const lines = [{ name: 'pipeline.lag_seconds' as const, subject: 'a', points }]
          return { lines, fromMs: query.fromMs, toMs: query.toMs, stepMs: 5_000 }
        },
      },
    })
    const url = '/api/series?name=pipeline.in,%20pipeline.lag_seconds,pipeline.in&subject=a,b'
    const answer = await api.server.inject({ url, headers })
    expect(answer.json()).toEqual({
      data: [{ name: 'pipeline.lag_seconds', subject: 'a', unit: 's', points: [[now - 5_000, null]] }],
      count: 1,
      from: '2026-01-31T11:00:00.000Z',
      to: '2026-01-31T12:00:00.000Z',
      step_ms: 5_000,
      timestamp: '2026-01-31T12:00:00.000Z',
    })
    const names = ['pipeline.in', 'pipeline.lag_seconds']
    expect(asked).toEqual([{ names, subjects: ['a', 'b'], fromMs: now - 3_600_000, toMs: now, stepMs: null }])
  })

  test.each([
    ['name=nothing', 'name: nothing is no series; there are pipeline.in'],
    ['', 'name: is missing'],
    ['name=total.in&from=2026-01-31T12:00:00Z&to=2026-01-31T12:00:00Z', 'from: is not before `to`.'],
    ['name=topic.in&subject=%00', 'subject: '],
    ['name=total.in&step=0s', 'step: is no duration.'],
    ['name=total.in&step=often', 'step: "often" does not fit'],
    ['name=total.in&from=yesterday', 'from: "yesterday" is not a date-time'],
  ])('refuses ?%s', async (query, problem) => {
    await using api = await startTestApi()
    const answer = await api.server.inject({ url: `/api/series?${query}`, headers })
    expect(answer.statusCode).toBe(400)
    expect(answer.json<{ error: string }>().error).toContain(problem)
  })

  test('needs a key', async () => {
    await using api = await startTestApi()
    for (const url of ['/api/series?name=total.in', '/api/series/marks', '/api/ledger', '/api/sensors']) {
      expect((await api.server.inject({ url })).statusCode).toBe(401)
    }
  })
})

describe('a stretch of time', () => {
  test('is cut into even points, with null where there is no value', () => {
    const range = rangeOf({ from: '1970-01-01T00:00:12Z', to: '1970-01-01T00:00:31Z', step: '10s' }, now)
    const step = stepOf(range, 5_000)
    expect(gridOf(new Map([[20_000, 0]]), range, step)).toEqual([
      [10_000, null],
      [20_000, 0],
      [30_000, null],
    ])
  })

  test('a step that is no multiple of the samples becomes one', () => {
    expect(stepOf({ fromMs: 0, toMs: 60_000, stepMs: 7_001 }, 5_000)).toBe(10_000)
  })
})

describe('outcomes and definition of a pipeline', () => {
  test('are told with it', async () => {
    await using api = await startTestApi()
    const one = await api.server.inject({ url: '/api/pipelines/readings', headers })
    expect(one.json()).toMatchObject({
      definition: { text: 'readings: {}\n', file: 'sluice.yaml', line: 3, revision: 1 },
      guarantee: { delivery: 'exactly once in effect' },
      latency: { p50_ms: 4, p99_ms: 32 },
      steps: [{ id: 'validate', in: 10, out: 7, errors: 1, p50_us: 2, p99_us: 8, in_per_second: 12.5 }],
    })
    const outcomes = await api.server.inject({ url: '/api/pipelines/readings/outcomes?limit=1', headers })
    expect(outcomes.json()).toMatchObject({ data: [{ outcome: 'dead_lettered', number: '9' }], count: 1 })
    const unknown = await api.server.inject({ url: '/api/pipelines/nothing/outcomes', headers })
    expect(unknown.statusCode).toBe(404)
  })
})
