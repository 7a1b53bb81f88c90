import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WorkInFlight } from './work-in-flight.ts'

test('what is done never passes a batch that is not, in whatever order batches are done', () => {
  const lengths = fc.array(fc.bigInt({ min: 1n, max: 9n }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(lengths, fc.array(fc.nat(7), { maxLength: 20 }), (sizes, order) => {
      const work = new WorkInFlight(0n)
      let next = 0n
      const taken = sizes.map((size) => ({ from: next, ending: work.take((next += size)), isDone: false }))
      for (const index of order) {
        const each = taken[index]
        if (each === undefined) continue
        each.ending.done()
        each.isDone = true
        expect(work.done).toBe(taken.find(({ isDone }) => !isDone)?.from ?? next)
        expect(work.count).toBe(
          taken.slice(taken.findIndex(({ isDone }) => !isDone)).length *
            Number(taken.some(({ isDone }) => !isDone)),
        )
      }
    }),
    { seed: 1 },
  )
})

test('a batch that is abandoned, and those after it, are never counted as done', async () => {
  const work = new WorkInFlight(5n)
  const [first, second, third] = [work.take(10n), work.take(20n), work.take(30n)]
  second.abandon()
  third.done()
  expect([work.done, work.count]).toEqual([5n, 1])
  const again = work.take(20n)
  first.done()
  expect(work.done).toBe(10n)
  again.done()
  expect(work.done).toBe(20n)
  await work.idle()
})

test('the leader epoch that is told is that of the last batch of which all before it are done', () => {
  const work = new WorkInFlight(0n)
  const [first, second] = [work.take(10n, 4), work.take(20n, 5)]
  second.done()
  expect(work.doneEpoch).toBe(-1)
  first.done()
  expect([work.done, work.doneEpoch]).toEqual([20n, 5])
  work.moveTo(3n)
  expect(work.doneEpoch).toBe(-1)
})

test('whoever waits for nothing to be in flight is told, also when reading goes on elsewhere', async () => {
  const work = new WorkInFlight()
  expect(work.done).toBe(null)
  work.take(3n)
  const idle = work.idle()
  work.moveTo(50n)
  await idle
  expect([work.done, work.count]).toEqual([50n, 0])
})
