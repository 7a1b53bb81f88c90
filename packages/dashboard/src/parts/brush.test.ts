import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { axisTimes, drag, type Grip, gripAt, nudge, timeOfX, xOfTime } from './brush.ts'

const all = { from: 1_000_000, until: 1_900_000 }
const bucketMs = 10_000

describe('a brush over a histogram', () => {
  test.each([
    {
      says: 'draws a window',
      grip: 'new',
      before: null,
      start: 1_203_000,
      now: 1_398_000,
      window: [1_200_000, 1_400_000],
    },
    {
      says: 'draws backwards too',
      grip: 'new',
      before: null,
      start: 1_398_000,
      now: 1_203_000,
      window: [1_200_000, 1_400_000],
    },
    {
      says: 'moves an edge past the other',
      grip: 'from',
      before: [1_200_000, 1_400_000],
      start: 1_200_000,
      now: 1_500_000,
      window: [1_400_000, 1_500_000],
    },
    {
      says: 'moves the whole, up to the end',
      grip: 'whole',
      before: [1_200_000, 1_400_000],
      start: 1_300_000,
      now: 1_900_000,
      window: [1_700_000, 1_900_000],
    },
    {
      says: 'is never narrower than a bucket',
      grip: 'new',
      before: null,
      start: 1_899_000,
      now: 1_899_500,
      window: [1_890_000, 1_900_000],
    },
  ] as const)('$says', ({ grip, before, start, now, window }) => {
    const old = before === null ? null : { from: before[0], until: before[1] }
    expect(drag(grip, old, start, now, all, bucketMs)).toEqual({ from: window[0], until: window[1] })
  })

  test('stays within the histogram, at least a bucket wide, whatever is dragged', () => {
    const time = fc.integer({ min: all.from - 500_000, max: all.until + 500_000 })
    fc.assert(
      fc.property(
        fc.constantFrom<Grip>('from', 'until', 'whole', 'new'),
        time,
        time,
        time,
        (grip, first, start, now) => {
          const before = drag('new', null, first, first + 60_000, all, bucketMs)
          const window = drag(grip, before, start, now, all, bucketMs)
          expect(window.from).toBeGreaterThanOrEqual(all.from)
          expect(window.until).toBeLessThanOrEqual(all.until)
          expect(window.until - window.from).toBeGreaterThanOrEqual(bucketMs)
        },
      ),
      { seed: 31 },
    )
  })

  test('is moved by keys as by the pointer', () => {
    expect(nudge({ from: 1_200_000, until: 1_300_000 }, -2, false, all, bucketMs)).toEqual({
      from: 1_180_000,
      until: 1_280_000,
    })
    expect(nudge({ from: 1_200_000, until: 1_300_000 }, 1, true, all, bucketMs)).toEqual({
      from: 1_200_000,
      until: 1_310_000,
    })
    expect(nudge(null, -1, false, all, bucketMs)).toEqual({ from: 1_880_000, until: 1_890_000 })
  })

  test('knows what the pointer is over', () => {
    const window = { from: 1_300_000, until: 1_600_000 }
    const at = (time: number) => gripAt(xOfTime(time, all, 900), window, all, 900)
    expect([at(1_302_000), at(1_598_000), at(1_450_000), at(1_100_000)]).toEqual([
      'from',
      'until',
      'whole',
      'new',
    ])
    expect(timeOfX(xOfTime(1_450_000, all, 900), all, 900)).toBe(1_450_000)
  })

  test('labels the axis at round times', () => {
    expect(axisTimes(all, 6)).toEqual([1_080_000, 1_260_000, 1_440_000, 1_620_000, 1_800_000])
    expect(axisTimes({ from: 0, until: 400 * 86_400_000 }, 6).length).toBeLessThanOrEqual(6)
  })
})
