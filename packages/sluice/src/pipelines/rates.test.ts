import { describe, expect, test } from 'vitest'
import { RateWindow } from './rates.ts'

/** The input rates after each of some counts, a second apart. */
const ratesOf = (counts: readonly number[], everyMs = 1_000): readonly number[] => {
  const window = new RateWindow()
  return counts.map((count, i) => window.take({ atMs: i * everyMs, in: count, outputs: 0 }).inPerSecond)
}

describe('the rate of a pipeline', () => {
  test.each([
    { says: 'is not known after one look', counts: [100], rates: [0] },
    { says: 'is that since the first look', counts: [0, 10, 30], rates: [0, 10, 15] },
    {
      says: 'is calm where the flow is',
      counts: [0, 9, 21, 29, 41, 50],
      rates: [0, 9, 10.5, 29 / 3, 10.25, 10],
    },
    {
      says: 'forgets what is long ago',
      counts: [0, 500, 500, 500, 500, 500, 500],
      rates: [0, 500, 250, 500 / 3, 125, 100, 0],
    },
    { says: 'begins anew with the counts', counts: [50, 60, 0, 10], rates: [0, 10, 0, 10] },
  ])('$says', ({ counts, rates }) => {
    expect(ratesOf(counts)).toEqual(rates)
  })

  test('is the same however often somebody looks', () => {
    const looks = ratesOf(
      Array.from({ length: 101 }, (_, i) => i),
      100,
    )
    expect(looks.at(-1)).toBeCloseTo(10, 9)
  })

  test('is known of both sides', () => {
    const window = new RateWindow()
    window.take({ atMs: 0, in: 0, outputs: 0 })
    expect(window.take({ atMs: 2_000, in: 4, outputs: 8 })).toEqual({ inPerSecond: 2, outPerSecond: 4 })
  })
})
