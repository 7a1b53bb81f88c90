import { expect, test } from 'vitest'
import { virtualClock } from '../../kernel/clock.ts'
import { shared } from './shared.ts'

test('whoever asks at the same time, or soon after, shares one load', async () => {
  const clock = virtualClock()
  let loads = 0
  const look = shared(clock, 2_000, async () => ++loads)
  expect(await Promise.all([look.get(), look.get(), look.get()])).toEqual([1, 1, 1])
  await clock.advance(1_999)
  expect(await look.get()).toBe(1)
  await clock.advance(1)
  expect(await look.get()).toBe(2)
})

test('a change is seen at once, by those who ask after it', async () => {
  const clock = virtualClock()
  const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  let loads = 0
  const look = shared(clock, 2_000, () => gates[loads++]?.promise ?? Promise.reject(new Error('too often')))
  const before = look.get()
  look.forget()
  const after = look.get()
  gates[1]?.resolve('new')
  gates[0]?.resolve('old')
  expect(await Promise.all([before, after])).toEqual(['old', 'new'])
  expect(await look.get()).toBe('new')
})

test('a failure is told to those who wait for it, and not kept', async () => {
  let loads = 0
  const look = shared(virtualClock(), 2_000, async () => {
    loads++
    if (loads === 1) throw new Error('away')
    return loads
  })
  await expect(Promise.all([look.get(), look.get()])).rejects.toThrow('away')
  expect(await look.get()).toBe(2)
})
