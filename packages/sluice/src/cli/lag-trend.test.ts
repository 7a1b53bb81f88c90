import { describe, expect, test } from 'vitest'
import { type LagSample, lagVerdict, trendMs, withSample } from './lag-trend.ts'

/** A sample each second. */
const samples = (lags: readonly (number | null)[], rate: number | null): readonly LagSample[] =>
  lags.map((lagRecords, i) => ({ atMs: i * 1_000, lagRecords, inPerSecond: rate }))

describe('a pipeline', () => {
  test.each([
    ['that has read everything, and reads', [0, 0], 10, 'keeping up'],
    ['that has read everything, and nothing comes', [5, 0], 0, 'idle'],
    ['with no more lag than is in flight', [10], 10, 'keeping up'],
    ['of which one moment is known only', [1_000], 10, 'unknown'],
    ['whose lag grows', [1_000, 1_100, 1_200, 1_300, 1_400, 1_500], 10, 'falling behind'],
    ['whose lag shrinks', [1_500, 1_400, 1_300, 1_200, 1_100, 1_000], 10, 'catching up'],
    ['whose lag goes up and down a little', [1_000, 1_050, 990, 1_040, 1_010, 1_030], 10, 'keeping up'],
    ['that reads nothing although something is there', [1_000, 1_000, 1_000, 1_000, 1_000], 0, 'stalled'],
    ['that reads nothing while more comes', [10, 20, 30, 40, 50], 0, 'stalled'],
    ['whose lag is not known', [null, null], 10, 'unknown'],
    ['whose lag is not known any more', [10, null], 10, 'unknown'],
    ['that nobody tells of', [], 10, 'unknown'],
  ] as const)('%s', (_, lags, rate, verdict) => {
    expect(lagVerdict(samples(lags, rate))).toBe(verdict)
  })

  test('is judged by the last seconds only', () => {
    const all = samples(
      Array.from({ length: 60 }, (_, i) => i),
      1,
    )
    const kept = all.reduce<readonly LagSample[]>(withSample, [])
    expect(kept[0]?.atMs).toBe(59_000 - trendMs)
    expect(kept).toHaveLength(trendMs / 1_000 + 1)
  })
})
