import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring, Tail } from './ring.ts'

test('a ring keeps exactly the newest, newest first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, capacity) => {
      const ring = new Ring<number>(capacity)
      const gone = items.filter((item) => ring.push(item)).length
      expect(ring.toArray()).toEqual(items.slice(-capacity).reverse())
      expect(gone).toBe(Math.max(0, items.length - capacity))
    }),
    { seed: 41 },
  )
})

test('a paused tail stands still, counts what arrives, and shows it when resumed', () => {
  const tail = new Tail<number>(5)
  tail.take([1, 2, 3], 0)
  tail.pause()
  tail.take([4, 5, 6, 7], 2)
  expect(tail.toArray()).toEqual([3, 2, 1])
  expect(tail.counts).toEqual({ arrived: 7, dropped: 2, waiting: 4, forgotten: 0 })
  tail.resume()
  expect(tail.toArray()).toEqual([7, 6, 5, 4, 3])
  expect(tail.counts).toEqual({ arrived: 7, dropped: 2, waiting: 0, forgotten: 2 })
})

test('everything that arrived is shown, waiting or forgotten, whatever happens', () => {
  const step = fc.oneof(fc.nat({ max: 30 }), fc.constant('pause' as const), fc.constant('resume' as const))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const tail = new Tail<number>(10)
      let at = 0
      for (const one of steps) {
        if (one === 'pause') tail.pause()
        else if (one === 'resume') tail.resume()
        else
          tail.take(
            Array.from({ length: one }, () => at++),
            0,
          )
      }
      const { arrived, waiting, forgotten } = tail.counts
      expect(arrived).toBe(at)
      expect(tail.length + waiting + forgotten).toBe(arrived)
    }),
    { seed: 42 },
  )
})
