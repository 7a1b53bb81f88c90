import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SlabPool } from '../log/slab.ts'
import { FrameReader } from './frame-reader.ts'

const newPool = () => new SlabPool({ slabBytes: 4 << 20, freeMax: 4, outBytesMax: 1 << 30 })

const frameOf = (sizeBytes: number, fill: number): Buffer => {
  const frame = Buffer.alloc(4 + sizeBytes, fill)
  frame.writeInt32BE(sizeBytes, 0)
  return frame
}

/** Feeds bytes in pieces, as a socket does; `take` is called for every frame. */
const feed = (
  reader: FrameReader,
  bytes: Buffer,
  sizes: readonly number[],
  take: (frame: Buffer) => void,
): void => {
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const target = reader.nextBuffer()
    expect(target.length).toBeGreaterThan(0)
    const wanted = sizes[turn % sizes.length] ?? 1
    const copied = bytes.copy(target, 0, at, Math.min(at + wanted, bytes.length))
    at += copied
    reader.received(copied)
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      take(frame.slab.bytes.subarray(frame.start, frame.end))
    }
    reader.makeRoom()
  }
}

describe('a frame reader', () => {
  test('finds every frame, however the bytes come in pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(50), fc.nat(100_000)), { minLength: 1, maxLength: 30 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 200_000 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (frames, pieces) => {
          const pool = newPool()
          const reader = new FrameReader(pool, 1 << 20)
          const bytes = Buffer.concat(frames.map((sizeBytes, index) => frameOf(sizeBytes, index)))
          const seen: Buffer[] = []
          // Tiny pieces of much data would take for ever.
          const sizes = bytes.length > 100_000 ? pieces.map((size) => Math.max(size, 5000)) : pieces
          feed(reader, bytes, sizes, (frame) => seen.push(Buffer.from(frame)))
          expect(seen.map((frame) => frame.length)).toEqual(frames)
          expect(seen.every((frame, index) => frame.every((byte) => byte === index))).toBe(true)
          reader.close()
          expect(pool.outBytes).toBe(0)
        },
      ),
      { seed: 7, numRuns: 60 },
    )
  })

  test('leaves frames that somebody holds untouched', () => {
    const pool = newPool()
    const reader = new FrameReader(pool, 1 << 20)
    const held: { slab: { release(): void; retain(): void }; bytes: Buffer; fill: number }[] = []
    for (let round = 1; round <= 100; round += 1) {
      const target = reader.nextBuffer()
      const frame = frameOf(5000, round)
      reader.received(frame.copy(target, 0, 0, Math.min(frame.length, target.length)))
      const rest = frame.subarray(Math.min(frame.length, target.length))
      let found = reader.next()
      if (rest.length > 0) {
        reader.makeRoom()
        reader.received(rest.copy(reader.nextBuffer()))
        found = reader.next()
      }
      if (found === null) throw new Error('no frame')
      found.slab.retain()
      held.push({ slab: found.slab, bytes: found.slab.bytes.subarray(found.start, found.end), fill: round })
      reader.makeRoom()
    }
    for (const { bytes, fill, slab } of held) {
      expect(bytes.every((byte) => byte === fill)).toBe(true)
      slab.release()
    }
    reader.close()
    expect(pool.outBytes).toBe(0)
  })

  test.each([
    { says: 'negative', sizeBytes: -1 },
    { says: 'too large', sizeBytes: 1001 },
    { says: 'the beginning of an HTTP request', sizeBytes: Buffer.from('GET ').readInt32BE(0) },
  ])('refuses a size that is $says', ({ sizeBytes }) => {
    const reader = new FrameReader(newPool(), 1000)
    const target = reader.nextBuffer()
    target.writeInt32BE(sizeBytes, 0)
    reader.received(4)
    expect(() => reader.next()).toThrow(/0 to 1000 are allowed/)
  })

  test('takes memory for a large frame only as its bytes arrive', () => {
    const pool = newPool()
    const reader = new FrameReader(pool, 1 << 30)
    const target = reader.nextBuffer()
    target.writeInt32BE(1 << 30, 0)
    reader.received(4)
    expect(reader.next()).toBeNull()
    reader.makeRoom()
    expect(pool.outBytes).toBeLessThanOrEqual(4 << 20)
  })

  test('begins with little memory and takes more when reads fill it', () => {
    const pool = newPool()
    const reader = new FrameReader(pool, 8 << 20)
    expect(pool.outBytes).toBeLessThanOrEqual(32 * 1024)
    const bytes = Buffer.concat(Array.from({ length: 200 }, (_, index) => frameOf(100_000, index)))
    feed(reader, bytes, [1 << 30], () => undefined)
    expect(pool.outBytes).toBe(4 << 20)
    const small = Buffer.concat(Array.from({ length: 100 }, () => frameOf(100, 1)))
    feed(reader, small, [104], () => undefined)
    expect(pool.outBytes).toBeLessThanOrEqual(32 * 1024)
  })
})
