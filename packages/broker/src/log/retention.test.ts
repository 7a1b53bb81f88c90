import { expect, test } from 'vitest'
import { countToDrop, type SegmentFacts, shouldRoll } from './retention.ts'

/** Segments with the given newest timestamps, ten offsets and 100 bytes each. */
const segments = (...newest: number[]): SegmentFacts[] =>
  newest.map((maxTimestamp, index) => ({
    sizeBytes: 100,
    maxTimestamp,
    begunAtMs: 0,
    endOffset: BigInt((index + 1) * 10),
  }))

const forEver = { retentionMs: -1, retentionBytes: -1, segmentMs: 1_000_000 }

test.each([
  { says: 'keeps everything for ever', of: segments(1, 2, 3), settings: forEver, drops: 0 },
  {
    says: 'drops what is too old',
    of: segments(10, 20, 90),
    settings: { ...forEver, retentionMs: 60 },
    drops: 2,
  },
  {
    says: 'keeps the active segment, however old',
    of: segments(10),
    settings: { ...forEver, retentionMs: 1 },
    drops: 0,
  },
  {
    says: 'stops at the first segment that is young enough',
    of: segments(90, 10, 90),
    settings: { ...forEver, retentionMs: 60 },
    drops: 0,
  },
  {
    says: 'goes by when a segment was begun where records have no time',
    of: segments(-1, -1, 90),
    settings: { ...forEver, retentionMs: 60 },
    drops: 2,
  },
  {
    says: 'drops what is beyond the size, but never below it',
    of: segments(90, 90, 90, 90),
    settings: { ...forEver, retentionBytes: 250 },
    drops: 1,
  },
  {
    says: 'can drop all closed ones by size',
    of: segments(90, 90, 90),
    settings: { ...forEver, retentionBytes: 0 },
    drops: 2,
  },
  {
    says: 'drops what lies before the log start',
    of: segments(90, 90, 90),
    settings: forEver,
    start: 20n,
    drops: 2,
  },
  {
    says: 'keeps a segment that the log start lies in',
    of: segments(90, 90),
    settings: forEver,
    start: 9n,
    drops: 0,
  },
  { says: 'has nothing to drop from nothing', of: [], settings: { ...forEver, retentionMs: 1 }, drops: 0 },
])('retention $says', ({ of, settings, start = 0n, drops }) => {
  expect(countToDrop(of, settings, start, 100)).toBe(drops)
})

test.each([
  { says: 'an empty one', active: { sizeBytes: 0, maxTimestamp: -1 }, rolls: false },
  { says: 'a young one', active: { maxTimestamp: 90 }, rolls: false },
  { says: 'one whose records have all expired', active: { maxTimestamp: 10 }, rolls: true },
  { says: 'one that was begun long ago', active: { maxTimestamp: 90, begunAtMs: -1_000_000 }, rolls: true },
])('the active segment is rolled or not: $says', ({ active, rolls }) => {
  const facts: SegmentFacts = { sizeBytes: 100, begunAtMs: 0, endOffset: 10n, ...active }
  expect(shouldRoll(facts, { ...forEver, retentionMs: 60 }, 100)).toBe(rolls)
})
