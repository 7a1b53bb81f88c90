import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../support/random.ts'
import { StickyPartition } from './sticky.ts'

const partitionsOf = (leaders: readonly number[]) =>
  leaders.map((leader, partition) => ({
    partition,
    leader,
    leaderEpoch: 0,
    replicas: [],
    inSyncReplicas: [],
  }))

test('partitions get the same bytes, whatever the sizes of the records', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 10, max: 500 }), (seed, size) => {
      const sticky = new StickyPartition(1_000, seededRandom(seed))
      const partitions = partitionsOf([0, 1, 2])
      const bytes = [0, 0, 0]
      for (let sent = 0; sent < 4_000_000; sent += size) {
        if (sticky.isDue(false)) sticky.leave(partitions)
        sticky.took(size)
        const at = sticky.current(partitions)
        bytes[at] = (bytes[at] ?? 0) + size
      }
      const [least = 0, , most = 0] = bytes.toSorted((a, b) => a - b)
      expect(most / least).toBeLessThan(1.35)
    }),
    { seed: 1, numRuns: 20 },
  )
})

test('it never stays, nor goes where nobody leads', () => {
  const sticky = new StickyPartition(100, seededRandom(1))
  const partitions = partitionsOf([0, -1, 2, 1])
  let before = sticky.current(partitions)
  for (let i = 0; i < 100; i++) {
    const next = sticky.leave(partitions)
    expect(next).not.toBe(before)
    expect(next).not.toBe(1)
    before = next
  }
})

test('a partition that is no longer there is left', () => {
  const sticky = new StickyPartition(100, () => 0.99)
  expect(sticky.current(partitionsOf([0, 0, 0]))).toBe(2)
  expect(sticky.current(partitionsOf([0]))).toBe(0)
})
