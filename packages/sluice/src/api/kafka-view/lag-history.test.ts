import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { historyMs, type LagHistory, type LagObservation, withObservation } from './lag-history.ts'

const observed = (
  atMs: number,
  partitions: readonly (readonly [committed: number, latest: number])[],
): LagObservation => ({
  atMs,
  members: 1,
  seconds: null,
  marginSeconds: null,
  partitions: partitions.map(([committed, latest], partition) => ({
    topic: 't',
    partition,
    committed: BigInt(committed),
    latest: BigInt(latest),
  })),
})

const historyOf = (observations: readonly LagObservation[]): LagHistory | null =>
  observations.reduce<LagHistory | null>(withObservation, null)

describe('what is read and written', () => {
  test('is counted from partitions that were seen before', () => {
    const history = historyOf([
      observed(0, [[5, 10]]),
      observed(5_000, [
        [8, 30],
        [100, 200],
      ]),
    ])
    expect(history?.samples.at(-1)).toMatchObject({ read: 3, written: 20, records: 122 })
  })

  test.each([
    { name: 'an offset that went back', next: [[2, 10]] as const },
    { name: 'a topic made anew', next: [[0, 1]] as const },
  ])('$name starts the history again', ({ next }) => {
    const history = historyOf([observed(0, [[5, 10]]), observed(5_000, [[6, 10]]), observed(10_000, next)])
    expect(history?.samples).toHaveLength(1)
    expect(history?.samples[0]).toMatchObject({ atMs: 10_000, read: 0, written: 0 })
  })
})

describe('a partition waits', () => {
  test.each([
    {
      name: 'since it was first seen behind',
      seen: [
        [5, 10],
        [5, 10],
      ],
      sinceMs: 0,
    },
    {
      name: 'since something came',
      seen: [
        [5, 5],
        [5, 6],
        [5, 9],
      ],
      sinceMs: 5_000,
    },
    {
      name: 'since the last commit',
      seen: [
        [5, 10],
        [6, 10],
        [6, 12],
      ],
      sinceMs: 5_000,
    },
    {
      name: 'not, where all is read',
      seen: [
        [5, 10],
        [10, 10],
      ],
      sinceMs: null,
    },
  ] as const)('$name', ({ seen, sinceMs }) => {
    const history = historyOf(seen.map((each, i) => observed(i * 5_000, [each])))
    expect(history?.partitions.get('t/0')?.waitingSinceMs).toBe(sinceMs)
  })
})

test('a history is bounded in time and number, ends with what was seen last, and its counts add up', () => {
  const steps = fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 90_000 }), read: fc.nat(9), more: fc.nat(9) }),
    {
      minLength: 1,
      maxLength: 300,
    },
  )
  fc.assert(
    fc.property(steps, (taken) => {
      let atMs = 0
      let [committed, latest] = [0, 0]
      let history: LagHistory | null = null
      for (const { ms, read, more } of taken) {
        atMs += ms
        latest += more
        committed = Math.min(latest, committed + read)
        history = withObservation(history, observed(atMs, [[committed, latest]]))
      }
      const samples = history?.samples ?? []
      expect(samples.length).toBeLessThanOrEqual(historyMs / 4_000 + 3)
      expect(samples.every((each) => each.atMs > atMs - historyMs)).toBe(true)
      const last = samples.at(-1)
      expect(last?.records).toBe(latest - committed)
      const [first] = samples
      const gained = (last?.written ?? 0) - (first?.written ?? 0) - ((last?.read ?? 0) - (first?.read ?? 0))
      expect(gained).toBe((last?.records ?? 0) - (first?.records ?? 0))
    }),
    { seed: 4, numRuns: 100 },
  )
})
