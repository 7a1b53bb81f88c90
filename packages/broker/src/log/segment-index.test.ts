import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCompanion, encodeCompanion, SegmentIndex } from './segment-index.ts'

/** An index over batches of 10 offsets and `sizeBytes` each, stamped 1000, 1010, … */
const indexOf = (count: number, sizeBytes: number): SegmentIndex => {
  const index = new SegmentIndex()
  for (let batch = 0; batch < count; batch += 1) {
    index.add(batch * 10, batch * sizeBytes, { maxTimestamp: 1000 + batch * 10 })
  }
  return index
}

describe('an index', () => {
  test('finds a position at or before any offset, at most an entry away', () => {
    const sizeBytes = 20_000
    const index = indexOf(50, sizeBytes)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 499 }), (delta) => {
        const exact = Math.floor(delta / 10) * sizeBytes
        const found = index.positionOf(delta)
        expect(found).toBeLessThanOrEqual(exact)
        expect(exact - found).toBeLessThan(64 * 1024 + sizeBytes)
      }),
      { seed: 1 },
    )
  })

  test('finds a position before which everything is older than a time', () => {
    const index = indexOf(50, 20_000)
    fc.assert(
      fc.property(fc.integer({ min: 900, max: 1600 }), (timestamp) => {
        const batch = index.positionOfTime(timestamp) / 20_000
        // The batch before the position is stamped 1000 + (batch - 1) * 10.
        expect(batch === 0 || 1000 + (batch - 1) * 10 < timestamp).toBe(true)
      }),
      { seed: 1 },
    )
  })

  test('has sparse entries and the latest time', () => {
    const index = indexOf(100, 1000)
    expect(index.entryCount).toBe(2)
    expect(index.maxTimestamp).toBe(1990)
  })
})

describe('a companion', () => {
  const companion = {
    sizeBytes: 5000,
    endOffset: 123n,
    begunAtMs: 99,
    index: indexOf(20, 20_000),
    producers: new Map([
      [5n, { epoch: 1, batches: [{ firstSequence: 0, lastSequence: 9, baseOffset: 40n }], seenAtMs: 7 }],
    ]),
  }

  test('survives being written and read', () => {
    const read = decodeCompanion(encodeCompanion(companion), 5000)
    expect(read).toMatchObject({
      sizeBytes: 5000,
      endOffset: 123n,
      begunAtMs: 99,
      producers: companion.producers,
    })
    expect(read?.index.positionOf(150)).toBe(companion.index.positionOf(150))
    expect(read?.index.maxTimestamp).toBe(companion.index.maxTimestamp)
  })

  test('is not believed when the segment has another size', () => {
    expect(decodeCompanion(encodeCompanion(companion), 5001)).toBeNull()
  })

  test('is not believed when any byte is wrong or missing', () => {
    const bytes = encodeCompanion(companion)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes)
        damaged.writeUInt8(damaged.readUInt8(at) ^ change, at)
        expect(decodeCompanion(damaged, 5000)).toBeNull()
        expect(decodeCompanion(bytes.subarray(0, at), 5000)).toBeNull()
      }),
      { seed: 1 },
    )
  })
})
