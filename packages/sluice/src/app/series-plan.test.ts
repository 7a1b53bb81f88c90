import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stepOf } from '../api/time-range.ts'
import { partsFor, resolutions, rollupsDue, shortestFor } from './series-plan.ts'

const now = Date.UTC(2026, 0, 31, 12, 34, 56)
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

describe('which points answer a question', () => {
  test.each([
    { back: 5 * minuteMs, stepMs: null, step: 5_000, lengths: [5] },
    { back: hourMs, stepMs: null, step: 15_000, lengths: [5] },
    { back: hourMs, stepMs: minuteMs, step: minuteMs, lengths: [60, 5] },
    { back: dayMs, stepMs: null, step: 300_000, lengths: [60, 5] },
    // Samples of five seconds are not kept so long.
    { back: dayMs, stepMs: 5_000, step: minuteMs, lengths: [60, 5] },
    { back: 7 * dayMs, stepMs: null, step: hourMs, lengths: [900, 60, 5] },
    { back: 90 * dayMs, stepMs: null, step: 43_200_000, lengths: [900, 60, 5] },
    // So many points are never answered.
    { back: 90 * dayMs, stepMs: 1, step: 5_400_000, lengths: [900, 60, 5] },
  ])('$back ms back, step $stepMs: $step ms from $lengths', ({ back, stepMs, step, lengths }) => {
    const range = { fromMs: now - back, toMs: now, stepMs }
    const chosen = stepOf(range, shortestFor(range.fromMs, now).stepS * 1_000)
    expect(chosen).toBe(step)
    expect(partsFor(range.fromMs, now, chosen, now).map(({ stepS }) => stepS)).toEqual(lengths)
  })

  test('parts follow each other without a gap and cover what was asked for', () => {
    const spans = fc.record({
      back: fc.integer({ min: 1_000, max: 40 * dayMs }),
      length: fc.integer({ min: 1_000, max: 40 * dayMs }),
      stepMs: fc.option(fc.integer({ min: 1, max: dayMs }), { nil: null }),
    })
    fc.assert(
      fc.property(spans, ({ back, length, stepMs }) => {
        const fromMs = now - back
        const toMs = fromMs + length
        const step = stepOf({ fromMs, toMs, stepMs }, shortestFor(fromMs, now).stepS * 1_000)
        expect(length / step).toBeLessThanOrEqual(1_500)
        const parts = partsFor(fromMs, toMs, step, now)
        expect(parts[0]?.fromMs).toBe(fromMs)
        expect(parts.at(-1)?.toMs).toBe(toMs)
        expect(parts.slice(1).map((part) => part.fromMs)).toEqual(parts.slice(0, -1).map((part) => part.toMs))
        for (const part of parts) {
          expect(step % (part.stepS * 1_000)).toBe(0)
          expect(part.toMs).toBeGreaterThan(part.fromMs)
        }
      }),
      { seed: 3 },
    )
  })
})

describe('what is summed up', () => {
  test('after a start as far back as shorter points are kept, then only what is new and settled', () => {
    const due = rollupsDue(new Map(), now)
    expect(due.map(({ fromS, toS }) => [fromS, toS])).toEqual([
      [5, 60],
      [60, 900],
    ])
    expect(due[0]).toMatchObject({
      fromMs: Date.UTC(2026, 0, 31, 10, 34),
      toMs: Date.UTC(2026, 0, 31, 12, 34),
    })
    const done = new Map(due.map(({ toS, toMs }) => [toS, toMs]))
    expect(rollupsDue(done, now)).toEqual([])
    // The minute is over, but its last sample may still be on its way.
    expect(rollupsDue(done, Date.UTC(2026, 0, 31, 12, 35, 3))).toEqual([])
    expect(rollupsDue(done, Date.UTC(2026, 0, 31, 12, 35, 10))).toEqual([
      { fromS: 5, toS: 60, fromMs: Date.UTC(2026, 0, 31, 12, 34), toMs: Date.UTC(2026, 0, 31, 12, 35) },
    ])
  })

  test('rows of a series are bounded', () => {
    const rows = resolutions.reduce((sum, { stepS, keepMs }) => sum + keepMs / (stepS * 1_000), 0)
    expect(rows).toBe(7_200)
  })
})
