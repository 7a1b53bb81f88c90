import { describe, expect, test } from 'vitest'
import type { PipelineStatus } from '../api/ports.ts'
import { testPipeline } from '../api/rig.suite.ts'
import { emptyLedger } from '../flow/ledger.ts'
import { seriesMax } from './series-plan.ts'
import { type Look, pointsOf } from './series-samples.ts'

const pipeline = (name: string, delivered: number, change: Partial<PipelineStatus> = {}): PipelineStatus =>
  testPipeline(name, {
    // Read and in flight is not yet counted: it may come back.
    ledger: { ...emptyLedger, in: delivered + 90, delivered, in_flight: 90, outputs: delivered * 2 },
    ...change,
  })

const look = (atMs: number, change: Partial<Look> = {}): Look => ({
  atMs,
  pipelines: [],
  topics: new Map(),
  groupLag: new Map(),
  ...change,
})

const told = (before: Look | null, now: Look, name: string): readonly (readonly [string, number])[] =>
  pointsOf(before, now)
    .filter((point) => point.name === name)
    .map(({ subject, value }) => [subject, value] as const)

describe('points of two looks', () => {
  test('rates are what was committed in between, by second', () => {
    const before = look(0, {
      pipelines: [pipeline('a', 100), pipeline('b', 7)],
      topics: new Map([['t', 50]]),
    })
    const now = look(5_000, {
      pipelines: [pipeline('a', 150), pipeline('b', 7)],
      topics: new Map([['t', 75]]),
    })
    expect(told(before, now, 'pipeline.in')).toEqual([
      ['a', 10],
      ['b', 0],
    ])
    expect(told(before, now, 'pipeline.out')[0]).toEqual(['a', 20])
    expect(told(before, now, 'total.in')).toEqual([['', 10]])
    expect(told(before, now, 'topic.in')).toEqual([['t', 5]])
  })

  test.each([
    { what: 'the first look', before: null, atMs: 5_000, count: 10 },
    { what: 'a look after a long silence', before: 0, atMs: 20_000, count: 10 },
    { what: 'counters that began anew', before: 0, atMs: 5_000, count: -10 },
  ])('$what makes no rate, not a rate of 0', ({ before, atMs, count }) => {
    const first = before === null ? null : look(before, { pipelines: [pipeline('a', 100)] })
    const now = look(atMs, { pipelines: [pipeline('a', 100 + count)] })
    expect(told(first, now, 'pipeline.in')).toEqual([])
    expect(told(first, now, 'total.in')).toEqual([])
    expect(told(first, now, 'pipeline.dead_letters')).toEqual([['a', 1]])
  })

  test('a pipeline whose database is away leaves a gap in its line and in the sum', () => {
    const away = pipeline('a', 0, { lanes: [], lag: null, latency: null })
    const before = look(0, { pipelines: [pipeline('a', 100), pipeline('b', 10)] })
    const now = look(5_000, { pipelines: [away, pipeline('b', 20)] })
    expect(told(before, now, 'pipeline.in')).toEqual([['b', 2]])
    expect(told(before, now, 'total.in')).toEqual([])
    const after = look(10_000, { pipelines: [pipeline('a', 900), pipeline('b', 30)] })
    expect(told(now, after, 'pipeline.in')).toEqual([['b', 2]])
    expect(told(now, after, 'pipeline.lag_records')).toEqual([
      ['a', 3],
      ['b', 3],
    ])
  })

  test('what is not known makes no point', () => {
    const quiet = pipeline('a', 1, { lag: { records: 4, behindMs: null }, latency: null })
    const now = look(0, { pipelines: [quiet] })
    expect(pointsOf(null, now).map(({ name }) => name)).toEqual([
      'pipeline.lag_records',
      'pipeline.dead_letters',
    ])
  })

  test('of very many topics those that move are kept, and all together are bounded', () => {
    const topics = (moved: number) =>
      new Map(Array.from({ length: 9_000 }, (_, n) => [`t${n}`, n % 2 === 0 ? moved * n : 5]))
    const points = pointsOf(look(0, { topics: topics(1) }), look(5_000, { topics: topics(2) }))
    expect(points).toHaveLength(seriesMax)
    expect(points.every(({ value }) => value > 0)).toBe(true)
  })
})
