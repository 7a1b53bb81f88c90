import { describe, expect, test } from 'vitest'
import type { PipelineStatus } from '../../packages/sluice/src/api/ports.ts'
import { testPipeline } from '../../packages/sluice/src/api/rig.suite.ts'
import { createSeries } from '../../packages/sluice/src/app/series-port.ts'
import { keepSeries } from '../../packages/sluice/src/app/series-sampler.ts'
import { emptyLedger } from '../../packages/sluice/src/flow/ledger.ts'
import type { Clock } from '../../packages/sluice/src/kernel/clock.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { leaseStoreIn } from '../../packages/sluice/src/store/leases.ts'
import { seriesStoreIn } from '../../packages/sluice/src/store/series.ts'
import { describeDatabases, type TestDatabase } from './databases.ts'

const minuteMs = 60_000
const startMs = Date.UTC(2026, 0, 31, 12)

/** A clock that jumps to the end of each sleep, and aborts when `untilMs` is reached. */
const jumpingClock = (fromMs: number, untilMs: number) => {
  let now = fromMs
  const over = new AbortController()
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      await Promise.resolve()
      now += ms
      if (now > untilMs) over.abort()
    },
  }
  return { clock, signal: over.signal }
}

/** Two records a second; nothing answers between `awayFromMs` and `awayToMs`. */
const sampled = async (
  { database }: TestDatabase,
  owner: string,
  span: { fromMs: number; untilMs: number; awayFromMs?: number; awayToMs?: number },
): Promise<void> => {
  const { clock, signal } = jumpingClock(span.fromMs, span.untilMs)
  const statusNow = (): PipelineStatus => {
    const delivered = ((clock.now() - startMs) / 1_000) * 2
    return testPipeline('p', { ledger: { ...emptyLedger, in: delivered, delivered, outputs: delivered * 3 } })
  }
  const parts = {
    store: seriesStoreIn(database),
    leases: leaseStoreIn(database),
    owner,
    pipelines: {
      list: async () => {
        const now = clock.now()
        if (now > (span.awayFromMs ?? Infinity) && now <= (span.awayToMs ?? 0)) throw new Error('away')
        return [statusNow()]
      },
    },
    topics: async () => new Map([['t', clock.now() / 1_000]]),
    groupLag: async () => new Map([['g', 7]]),
    clock,
    logger: silentLogger,
  }
  await keepSeries(parts, signal)
}

const read = (at: TestDatabase, nowMs: number) =>
  createSeries(seriesStoreIn(at.database), { now: () => nowMs, sleep: () => Promise.resolve() })

describeDatabases('series', (at) => {
  test('are measured, summed up, and answered on an even grid with gaps as null', async () => {
    const untilMs = startMs + 20 * minuteMs
    const away = { awayFromMs: startMs + 10 * minuteMs, awayToMs: startMs + 12 * minuteMs }
    await sampled(at(), 'one', { fromMs: startMs + 1, untilMs, ...away })
    const series = read(at(), untilMs + 1_000)
    const one = { names: ['pipeline.in' as const], subjects: ['p'] }
    const fine = await series.read({ ...one, fromMs: untilMs - minuteMs, toMs: untilMs, stepMs: null })
    expect(fine.stepMs).toBe(5_000)
    expect(fine.lines[0]?.points).toEqual(
      Array.from({ length: 12 }, (_, n) => [untilMs - minuteMs + n * 5_000, 2]),
    )
    const coarse = await series.read({ ...one, fromMs: startMs, toMs: untilMs, stepMs: minuteMs })
    const values = coarse.lines[0]?.points.map(([, value]) => value)
    // Eleven and twelve: nothing was measured; never 0, never drawn over.
    expect(values).toEqual([
      ...Array.from({ length: 10 }, () => 2),
      null,
      null,
      ...Array.from({ length: 8 }, () => 2),
    ])
    const all = await series.read({
      names: ['total.out', 'topic.in', 'group.lag_records', 'pipeline.lag_seconds'],
      subjects: null,
      fromMs: untilMs - minuteMs,
      toMs: untilMs,
      stepMs: minuteMs,
    })
    expect(all.lines.map(({ name, subject, points }) => [name, subject, points])).toEqual([
      ['total.out', '', [[untilMs - minuteMs, 6]]],
      ['group.lag_records', 'g', [[untilMs - minuteMs, 7]]],
      ['pipeline.lag_seconds', 'p', [[untilMs - minuteMs, 0.25]]],
      ['topic.in', 't', [[untilMs - minuteMs, 1]]],
    ])
  })

  test('the longer ones say the same as the shorter ones they are made of', async () => {
    const { rows } = await at().database.query(
      `select long.step_s, count(*)::int as rows, bool_and(long.sum = short.sum and long.count = short.count and long.maximum = short.maximum) as same
       from sluice.series_points long cross join lateral (
         select sum(sum) as sum, sum(count) as count, max(maximum) as maximum from sluice.series_points
         where series = long.series and step_s = 5 and at >= long.at and at < long.at + long.step_s * interval '1 second'
       ) short where long.step_s > 5 group by 1 order by 1`,
      [],
    )
    expect(rows.map(({ step_s: step, same }) => [step, same])).toEqual([
      [60, true],
      [900, true],
    ])
  })

  test('a server that takes over goes on without doubling what is there, and leaves the change as a gap', async () => {
    const fromMs = startMs + 20 * minuteMs
    await sampled(at(), 'two', { fromMs: fromMs + 1, untilMs: fromMs + minuteMs })
    const series = read(at(), fromMs + 2 * minuteMs)
    const { lines } = await series.read({
      names: ['pipeline.in'],
      subjects: ['p', 'unknown'],
      fromMs: fromMs - 10_000,
      toMs: fromMs + 10_000,
      stepMs: null,
    })
    expect(lines.map(({ subject, points }) => [subject, points.map(([, value]) => value)])).toEqual([
      ['p', [2, 2, null, 2]],
      ['unknown', [null, null, null, null]],
    ])
  })

  test('while one server measures, another does not', async () => {
    const { database } = at()
    const leases = leaseStoreIn(database)
    await leases.hold('(series)', ['0'], 'somebody', 1, 60_000)
    const count = async () =>
      (await database.query('select count(*)::int as n from sluice.series_points', [])).rows
    const before = await count()
    const fromMs = startMs + 40 * minuteMs
    await sampled(at(), 'three', { fromMs: fromMs + 1, untilMs: fromMs + minuteMs })
    expect(await count()).toEqual(before)
    await leases.release('(series)', ['0'], 'somebody')
  })

  test('what is too old is forgotten, length by length, and names with it', async () => {
    const { database } = at()
    const fromMs = startMs + 3 * 86_400_000
    await sampled(at(), 'four', { fromMs: fromMs + 1, untilMs: fromMs + minuteMs + 30_000 })
    const { rows } = await database.query(
      'select step_s, min(at) as oldest from sluice.series_points group by 1 order by 1',
      [],
    )
    const oldest = rows.map(({ step_s: step, oldest: when }) => [
      step,
      when instanceof Date ? when.getTime() : 0,
    ])
    expect(oldest).toEqual([
      [5, fromMs],
      [60, fromMs],
      [900, startMs],
    ])
    const store = seriesStoreIn(database)
    await store.forget(900, fromMs)
    await database.query(
      `delete from sluice.series_points using sluice.series where series = id and subject = 'g'`,
      [],
    )
    await store.forgetNames()
    const names = await database.query('select subject from sluice.series group by 1 order by 1', [])
    expect(names.rows.map(({ subject }) => subject)).toEqual(['', 'p', 't'])
  })

  describe('marks', () => {
    test('are revisions and what somebody did to pipelines, oldest first, without dry runs', async () => {
      const { database } = at()
      const series = read(at(), startMs)
      await database.query(
        `insert into sluice.revisions (text, base_directory, created_by, created_at) values ('a', '/', 'me', $1)`,
        [new Date(startMs)],
      )
      const audit = (minutes: number, action: string, outcome: string, details: object) =>
        database.query(
          `insert into sluice.audit (at, actor, action, resource, outcome, request_id, details) values ($1, 'admin', $2, 'pipeline p', $3, 'r', $4)`,
          [new Date(startMs + minutes * minuteMs), action, outcome, details],
        )
      await audit(1, 'pipeline.stopped', 'done', {})
      await audit(2, 'pipeline.position_moved', 'done', { dry_run: true })
      await audit(3, 'pipeline.position_moved', 'done', { dry_run: false })
      await audit(4, 'pipeline.started', 'refused', {})
      await audit(5, 'pipeline.started', 'done', {})
      await audit(6, 'topic.created', 'done', {})
      const marks = await series.marks(startMs - minuteMs, startMs + 10 * minuteMs, 10)
      expect(marks.map(({ kind, pipeline, by, text }) => [kind, pipeline, by, text])).toEqual([
        ['revision', null, 'me', expect.stringMatching(/^revision \d+ of the configuration$/) as string],
        ['stopped', 'p', 'admin', 'p stopped'],
        ['moved', 'p', 'admin', 'p reads on from elsewhere'],
        ['started', 'p', 'admin', 'p started'],
      ])
      expect(await series.marks(startMs - minuteMs, startMs + 10 * minuteMs, 1)).toHaveLength(1)
    })
  })
})
