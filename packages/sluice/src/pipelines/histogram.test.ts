import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { percentileOf, RecentTimes } from './histogram.ts'

const timesOf = (values: readonly number[]): RecentTimes => {
  const times = new RecentTimes(1_000, 0)
  for (const value of values) times.add(value, 1, 0)
  return times
}

describe('times in buckets', () => {
  test('give percentiles that are at most a fifth above the exact ones, and never below', () => {
    const values = fc.array(fc.double({ min: 0.02, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(values, fc.constantFrom(0.01, 0.5, 0.99, 1), (taken, share) => {
        const exact = taken.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(taken.length * share) - 1)] ?? 0
        const told = percentileOf([timesOf(taken).counts(0)], share) ?? 0
        expect(told).toBeGreaterThanOrEqual(exact * 0.999_999)
        expect(told).toBeLessThanOrEqual(exact * 2 ** 0.25 * 1.000_001)
      }),
      { seed: 7 },
    )
  })

  test('of several processes are as if one had taken them all', () => {
    const all = Array.from({ length: 500 }, (_, n) => (n * 7_919) % 1_000)
    const parts = [all.slice(0, 100), all.slice(100)].map((values) => timesOf(values).counts(0))
    for (const share of [0.1, 0.5, 0.99]) {
      expect(percentileOf(parts, share)).toBe(percentileOf([timesOf(all).counts(0)], share))
    }
  })

  test('are forgotten after two slots, not before one', () => {
    const times = new RecentTimes(1_000, 0)
    times.add(8, 3, 900)
    expect(percentileOf([times.counts(1_500)], 0.5)).toBe(8)
    times.add(64, 1, 1_500)
    expect(times.counts(2_600)).toEqual([[48, 1]])
    expect(percentileOf([times.counts(2_600)], 0.5)).toBe(64)
    expect(times.counts(9_000)).toEqual([])
    expect(percentileOf([times.counts(9_000)], 0.5)).toBeNull()
  })

  test.each([0, -1, Number.NaN, 1e300, Number.POSITIVE_INFINITY])('take %s and stay bounded', (value) => {
    expect(timesOf([value]).counts(0)).toHaveLength(1)
  })

  test('that another version counted otherwise are left out', () => {
    expect(
      percentileOf(
        [
          [
            [9_999, 5],
            [48, 1],
          ],
        ],
        0.99,
      ),
    ).toBe(64)
  })
})
