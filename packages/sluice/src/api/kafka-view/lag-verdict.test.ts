import { describe, expect, test } from 'vitest'
import { type LagHistory, type LagObservation, withObservation } from './lag-history.ts'
import { lagVerdict } from './lag-verdict.ts'

interface Point {
  /** Seconds since the watch began. */
  readonly at: number
  readonly committed: number
  readonly latest: number
  readonly members?: number
  /** Age of the oldest record that waits. */
  readonly seconds?: number
  /** Until that one is deleted. */
  readonly margin?: number
}

const observation = (point: Point): LagObservation => ({
  atMs: point.at * 1_000,
  members: point.members ?? 1,
  seconds: point.seconds ?? null,
  marginSeconds: point.margin ?? null,
  partitions: [
    { topic: 'orders', partition: 0, committed: BigInt(point.committed), latest: BigInt(point.latest) },
  ],
})

const historyOf = (points: readonly Point[]): LagHistory | null =>
  points.map(observation).reduce<LagHistory | null>(withObservation, null)

/** A minute of samples, 10 s apart, read and written at these rates. */
const minute = (rates: {
  readonly lag: number
  readonly read: number
  readonly written: number
  readonly seconds?: readonly [from: number, to: number]
  readonly margin?: readonly [from: number, to: number]
}): Point[] =>
  Array.from({ length: 7 }, (_, i) => {
    const between = (range: readonly [number, number]): number => range[0] + ((range[1] - range[0]) * i) / 6
    return {
      at: i * 10,
      committed: 1_000 + rates.read * i * 10,
      latest: 1_000 + rates.lag + rates.written * i * 10,
      ...(rates.seconds === undefined ? {} : { seconds: between(rates.seconds) }),
      ...(rates.margin === undefined ? {} : { margin: between(rates.margin) }),
    }
  })

interface Row {
  readonly name: string
  readonly points: readonly Point[]
  readonly verdict: string
  readonly text: string
  readonly retention?: number | null
  readonly drain?: number | null
}

const rows: readonly Row[] = [
  {
    name: 'nothing waits',
    points: [{ at: 0, committed: 7, latest: 7 }],
    verdict: 'keeping_up',
    text: 'keeping up: nothing waits',
  },
  {
    name: 'a few seconds behind, seen once',
    points: [{ at: 0, committed: 7, latest: 9, seconds: 2 }],
    verdict: 'keeping_up',
    text: 'keeping up: 2 records, 2 s behind',
  },
  {
    name: 'far behind, seen once',
    points: [{ at: 0, committed: 7, latest: 9_007, seconds: 900 }],
    verdict: 'unknown',
    text: 'watched for too short a time; 9,000 records, 15 min behind',
  },
  {
    name: 'a few seconds of work, though it grows',
    points: minute({ lag: 500, read: 100, written: 104 }),
    verdict: 'keeping_up',
    text: 'keeping up: 740 records behind',
  },
  {
    name: 'draining',
    points: minute({ lag: 60_000, read: 600, written: 100, seconds: [600, 300] }),
    verdict: 'keeping_up',
    text: 'catching up: nothing waits in about 1 min; 30,000 records, 5 min behind',
    drain: 60,
  },
  {
    name: 'draining, but retention is faster',
    points: minute({ lag: 600_000, read: 110, written: 100, seconds: [3_000, 3_030], margin: [600, 570] }),
    verdict: 'falling_behind',
    text: 'falling behind: reads too slowly to reach all that waits, 599,400 records, 50 min 30 s behind; 19 min to retention',
    retention: 1_140,
    drain: 59_940,
  },
  {
    name: 'growing',
    points: minute({ lag: 6_000, read: 100, written: 300, seconds: [60, 90] }),
    verdict: 'falling_behind',
    text: 'falling behind by 200/s: 18,000 records, 1 min 30 s behind',
  },
  {
    name: 'growing towards retention, seen by the age of what waits',
    points: minute({ lag: 6_000, read: 100, written: 200, seconds: [60, 90], margin: [1_230, 1_200] }),
    verdict: 'falling_behind',
    text: 'falling behind by 100/s: 12,000 records, 1 min 30 s behind; 40 min to retention',
    retention: 2_400,
  },
  {
    name: 'growing, and retention is there',
    points: minute({ lag: 6_000, read: 100, written: 200, seconds: [60, 90], margin: [20, -10] }),
    verdict: 'falling_behind',
    text: 'falling behind by 100/s: 12,000 records, 1 min 30 s behind; records are deleted before it reads them',
    retention: 0,
  },
  {
    name: 'as far behind as before',
    points: minute({ lag: 60_000, read: 100, written: 102, seconds: [600, 600] }),
    verdict: 'keeping_up',
    text: 'keeping its distance: 60,120 records, 10 min behind',
  },
  {
    name: 'stuck while records come',
    points: minute({ lag: 10, read: 0, written: 5, seconds: [5, 65], margin: [1_860, 1_800] }),
    verdict: 'stalled',
    text: 'stalled: it has committed nothing for 1 min; 310 records, 1 min 5 s behind; 30 min to retention',
    retention: 1_800,
  },
  {
    name: 'stuck, and nothing comes',
    points: minute({ lag: 10, read: 0, written: 0 }),
    verdict: 'stalled',
    text: 'stalled: it has committed nothing for 1 min; 10 records behind',
  },
  {
    name: 'stuck for less than a minute',
    points: minute({ lag: 100, read: 0, written: 100 }).slice(0, 5),
    verdict: 'falling_behind',
    text: 'falling behind by 100/s: 4,100 records behind',
  },
  {
    name: 'nobody reads, nothing waits',
    points: [{ at: 0, committed: 7, latest: 7, members: 0 }],
    verdict: 'idle',
    text: 'nobody reads, and nothing waits',
  },
  {
    name: 'nobody reads, and never did while watched',
    points: [{ at: 0, committed: 7, latest: 8, members: 0, seconds: 60, margin: 7_200 }],
    verdict: 'idle',
    text: 'nobody reads; 1 record waits; 2 h to retention',
    retention: 7_200,
  },
  {
    name: 'the last member left, and records wait',
    points: [
      { at: 0, committed: 7, latest: 8 },
      { at: 10, committed: 8, latest: 8 },
      { at: 40, committed: 8, latest: 19, members: 0, seconds: 20 },
    ],
    verdict: 'stalled',
    text: 'stalled: the last member left 30 s ago; 11 records, 20 s behind',
  },
  {
    name: 'the last member left long ago',
    points: [
      { at: 0, committed: 7, latest: 8 },
      { at: 601, committed: 7, latest: 19, members: 0 },
    ],
    verdict: 'idle',
    text: 'nobody reads; 12 records wait',
  },
]

const whole = (seconds: number | null): number | null => (seconds === null ? null : Math.round(seconds))

describe('a verdict', () => {
  test.each(rows)('$name: $verdict', ({ points, verdict, text, retention = null, drain = null }) => {
    const judged = lagVerdict(historyOf(points))
    const { retentionInSeconds, drainInSeconds } = judged
    expect({ ...judged, retention: whole(retentionInSeconds), drain: whole(drainInSeconds) }).toMatchObject({
      verdict,
      text,
      retention,
      drain,
    })
  })

  test('names the partition that is stuck among others that move', () => {
    const at = (i: number): LagObservation => ({
      atMs: i * 10_000,
      members: 2,
      seconds: null,
      marginSeconds: null,
      partitions: [
        { topic: 'orders', partition: 0, committed: BigInt(100 * i), latest: BigInt(100 * i + 5) },
        { topic: 'orders', partition: 1, committed: 40n, latest: 50n },
      ],
    })
    const history = Array.from({ length: 10 }, (_, i) => at(i)).reduce<LagHistory | null>(
      withObservation,
      null,
    )
    expect(lagVerdict(history)).toMatchObject({
      verdict: 'stalled',
      text: 'stalled: orders/1 has committed nothing for 1 min 30 s; 15 records behind',
    })
  })

  test('needs something that is committed', () => {
    const nothing = { ...observation({ at: 0, committed: 0, latest: 0 }), partitions: [] }
    expect(lagVerdict(withObservation(null, nothing))).toMatchObject({ verdict: 'unknown' })
    expect(lagVerdict(withObservation(null, { ...nothing, members: 0 }))).toMatchObject({ verdict: 'idle' })
    expect(lagVerdict(null)).toMatchObject({ verdict: 'unknown' })
  })
})
