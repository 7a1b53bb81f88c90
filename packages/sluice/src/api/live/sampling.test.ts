import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rowsThatFit, sampleEvenly } from './sampling.ts'

describe('a sample', () => {
  test.each([
    { count: 0, most: 3, picks: [] },
    { count: 3, most: 5, picks: [0, 1, 2] },
    { count: 10, most: 2, picks: [4, 9] },
    { count: 5, most: 0, picks: [] },
    { count: 7, most: 3, picks: [2, 4, 6] },
  ])('of $most out of $count takes $picks', ({ count, most, picks }) => {
    expect(sampleEvenly(count, most)).toEqual(picks)
  })

  test('is as large as it may be, ascending, evenly spread, and ends with the newest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 200 }), (count, most) => {
        const picks = sampleEvenly(count, most)
        expect(picks).toHaveLength(Math.min(count, most))
        expect(picks.at(-1)).toBe(count - 1)
        const steps = picks.map((pick, i) => pick - (picks[i - 1] ?? -1))
        expect(Math.min(...steps)).toBeGreaterThan(0)
        expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1)
      }),
      { seed: 4, numRuns: 200 },
    )
  })
})

test.each([
  { says: 'nothing', count: 0, sizeBytes: 0, fits: 0 },
  { says: 'all that are small', count: 8, sizeBytes: 80, fits: 8 },
  { says: 'no more rows than allowed', count: 50, sizeBytes: 50, fits: 10 },
  { says: 'no more bytes than allowed', count: 8, sizeBytes: 4_000, fits: 2 },
  { says: 'one, however large', count: 1, sizeBytes: 1_000_000, fits: 1 },
])('of rows fit $says', ({ count, sizeBytes, fits }) => {
  expect(rowsThatFit(count, sizeBytes, { rows: 10, bytes: 1_000 })).toBe(fits)
})
