import { describe, expect, test } from 'vitest'
import { SlabCutter, SlabPool } from './slab.ts'

const newPool = () => new SlabPool({ slabBytes: 1000, freeMax: 2, outBytesMax: 2500 })

describe('a slab', () => {
  test('goes back to its pool with the last release and is used again', () => {
    const pool = newPool()
    const slab = pool.take(1000)
    slab.retain()
    slab.release()
    expect(pool.outBytes).toBe(1000)
    slab.release()
    expect(pool.outBytes).toBe(0)
    expect(pool.take(1000).bytes).toBe(slab.bytes)
  })

  test('cannot be released or retained once it is back', () => {
    const slab = newPool().take(1000)
    slab.release()
    expect(() => slab.release()).toThrow(/released more often/)
    expect(() => slab.retain()).toThrow(/after its last release/)
  })
})

describe('a pool', () => {
  test('keeps no more free slabs than it may', () => {
    const pool = newPool()
    const slabs = [pool.take(1000), pool.take(1000), pool.take(1000)]
    for (const slab of slabs) slab.release()
    const again = new Set([pool.take(1000), pool.take(1000), pool.take(1000)].map((slab) => slab.bytes))
    expect(slabs.filter((slab) => again.has(slab.bytes))).toHaveLength(2)
  })

  test('gives small and oversized slabs their own size, and does not keep them', () => {
    const pool = newPool()
    const small = pool.take(100)
    const large = pool.take(5000)
    expect([small.bytes.length, large.bytes.length]).toEqual([100, 5000])
    small.release()
    large.release()
    expect(pool.outBytes).toBe(0)
  })

  test('says when too much is out', () => {
    const pool = newPool()
    const slabs = [pool.take(1000), pool.take(1000), pool.take(1000)]
    expect(pool.overLimit).toBe(true)
    slabs[0]?.release()
    expect(pool.overLimit).toBe(false)
  })
})

describe('a cutter', () => {
  test('cuts pieces that do not overlap from one slab, and then from the next', () => {
    const pool = newPool()
    const cutter = new SlabCutter(pool)
    const pieces = [cutter.cut(400), cutter.cut(400), cutter.cut(400)]
    for (const [index, piece] of pieces.entries()) piece.bytes.fill(index)
    expect(pieces.map((piece) => [piece.bytes[0], piece.bytes.at(-1)])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
    expect(pieces[0]?.slab).toBe(pieces[1]?.slab)
    expect(pieces[2]?.slab).not.toBe(pieces[0]?.slab)
    for (const piece of pieces) piece.slab.release()
    cutter.close()
    expect(pool.outBytes).toBe(0)
  })

  test('gives large pieces a slab of their own', () => {
    const pool = newPool()
    const piece = new SlabCutter(pool).cut(3000)
    expect(piece.bytes.length).toBe(3000)
    piece.slab.release()
    expect(pool.outBytes).toBe(0)
  })
})
