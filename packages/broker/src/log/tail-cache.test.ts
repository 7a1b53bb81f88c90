import { describe, expect, test } from 'vitest'
import { type Slab, SlabPool } from './slab.ts'
import { TailCache, TailCacheRoom } from './tail-cache.ts'

const newPool = () => new SlabPool({ slabBytes: 1000, freeMax: 0, outBytesMax: 3000 })

/** Adds batches of ten offsets and 100 bytes, from batch number `first` on. */
const fill = (cache: TailCache, first: number, count: number, slab: Slab | null = null): void => {
  for (let batch = first; batch < first + count; batch += 1) {
    cache.add(BigInt(batch * 10), BigInt(batch * 10 + 10), Buffer.alloc(100, batch), slab)
  }
}

const batchesIn = (cache: TailCache, offset: bigint, maxBytes: number): number[] | null => {
  const read = cache.read(offset, maxBytes)
  for (const slab of read?.slabs ?? []) slab.release()
  return read?.chunks.map((chunk) => chunk[0] ?? -1) ?? null
}

describe('a tail cache', () => {
  const room = new TailCacheRoom({ partitionBytesMax: 500, brokerBytesMax: 10_000 }, newPool())
  const cache = new TailCache(room)
  fill(cache, 0, 8)

  test.each([
    { says: 'from a batch on', offset: 50n, maxBytes: 10_000, gives: [5, 6, 7] },
    { says: 'from inside a batch on', offset: 59n, maxBytes: 10_000, gives: [5, 6, 7] },
    { says: 'no more than fits', offset: 30n, maxBytes: 299, gives: [3, 4] },
    { says: 'one batch, whatever its size', offset: 30n, maxBytes: 1, gives: [3] },
    { says: 'nothing it has dropped', offset: 29n, maxBytes: 10_000, gives: null },
    { says: 'nothing it never had', offset: 80n, maxBytes: 10_000, gives: null },
  ])('gives $says', ({ offset, maxBytes, gives }) => {
    expect(batchesIn(cache, offset, maxBytes)).toEqual(gives)
  })

  test('holds no more than a partition may', () => {
    expect(cache.sizeBytes).toBe(500)
  })
})

describe('the caches of a broker', () => {
  test('let the oldest batches go first, whoever owns them', () => {
    const room = new TailCacheRoom({ partitionBytesMax: 10_000, brokerBytesMax: 500 }, newPool())
    const [left, right] = [new TailCache(room), new TailCache(room)]
    fill(left, 0, 2)
    fill(right, 0, 2)
    fill(left, 2, 2)
    expect(room.sizeBytes).toBe(500)
    expect(batchesIn(left, 0n, 1000)).toBeNull()
    expect(batchesIn(left, 10n, 1000)).toEqual([1, 2, 3])
    expect(batchesIn(right, 0n, 1000)).toEqual([0, 1])
  })

  test('keep their bounds when one of them drops by itself in between', () => {
    const room = new TailCacheRoom({ partitionBytesMax: 300, brokerBytesMax: 500 }, newPool())
    const [busy, calm] = [new TailCache(room), new TailCache(room)]
    fill(calm, 0, 1)
    fill(busy, 0, 5000)
    expect(room.sizeBytes).toBe(400)
    expect(batchesIn(calm, 0n, 1000)).toEqual([0])
    calm.clear()
    busy.clear()
    expect(room.sizeBytes).toBe(0)
  })

  test('let go when slabs take too much memory, and give the slabs back', () => {
    const pool = newPool()
    const room = new TailCacheRoom({ partitionBytesMax: 10_000, brokerBytesMax: 10_000 }, pool)
    const cache = new TailCache(room)
    for (let batch = 0; batch < 10; batch += 1) {
      const slab = pool.take(1000)
      fill(cache, batch, 1, slab)
      slab.release()
    }
    expect(pool.outBytes).toBe(3000)
    expect(batchesIn(cache, 70n, 1000)).toEqual([7, 8, 9])
    cache.clear()
    expect(pool.outBytes).toBe(0)
  })

  test('keep a slab alive for whoever reads from it', () => {
    const pool = newPool()
    const cache = new TailCache(new TailCacheRoom({ partitionBytesMax: 1000, brokerBytesMax: 1000 }, pool))
    const slab = pool.take(1000)
    fill(cache, 0, 3, slab)
    slab.release()
    const read = cache.read(0n, 1000)
    cache.clear()
    expect(pool.outBytes).toBe(1000)
    for (const each of read?.slabs ?? []) each.release()
    expect(pool.outBytes).toBe(0)
  })
})
