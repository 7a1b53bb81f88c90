import { describe, expect, test } from 'vitest'
import type { LogRow } from '../api/ports.ts'
import { testLogLine } from '../api/rig.suite.ts'
import { virtualClock } from '../kernel/clock.ts'
import { logTailOf } from './log-book.ts'

const never = new AbortController().signal

/** A store whose lines a test adds; it counts how often it is asked. */
const memoryStore = (initial: readonly number[]) => {
  const ids = [...initial]
  let asked = 0
  return {
    ids,
    asked: () => asked,
    last: async (limit: number): Promise<readonly LogRow[]> => {
      asked++
      return ids
        .toSorted((a, b) => b - a)
        .slice(0, limit)
        .map((id) => testLogLine(id))
    },
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('the tail of the log', () => {
  test('tells what is new, oldest first, and not what was there', async () => {
    const clock = virtualClock()
    const store = memoryStore([1, 2])
    const heard: number[][] = []
    logTailOf(store, clock, never).subscribe((lines) => heard.push(lines.map(({ id }) => id)))
    await settle()
    store.ids.push(3, 4)
    await clock.advance(500)
    await settle()
    await clock.advance(500)
    await settle()
    expect(heard).toEqual([[3, 4]])
  })

  test('tells a line whose number is lower than one that was seen already', async () => {
    const clock = virtualClock()
    const store = memoryStore([1])
    const heard: number[] = []
    logTailOf(store, clock, never).subscribe((lines) => heard.push(...lines.map(({ id }) => id)))
    await settle()
    store.ids.push(3)
    await clock.advance(500)
    await settle()
    store.ids.push(2)
    await clock.advance(500)
    await settle()
    expect(heard).toEqual([3, 2])
  })

  test('counts what came too fast', async () => {
    const clock = virtualClock()
    const store = memoryStore([1])
    const heard: [number, number][] = []
    logTailOf(store, clock, never).subscribe((lines, dropped) => heard.push([lines.length, dropped]))
    await settle()
    for (let id = 2; id <= 1_001; id++) store.ids.push(id)
    await clock.advance(500)
    await settle()
    expect(heard).toEqual([[500, 500]])
  })

  test('asks nothing while nobody listens, and goes on after an error', async () => {
    const clock = virtualClock()
    const store = memoryStore([1])
    const tail = logTailOf(store, clock, never)
    await clock.advance(10_000)
    expect(store.asked()).toBe(0)
    const heard: number[] = []
    const end = tail.subscribe((lines) => heard.push(...lines.map(({ id }) => id)))
    await settle()
    end()
    await clock.advance(500)
    await settle()
    const asked = store.asked()
    await clock.advance(10_000)
    expect(store.asked()).toBe(asked)
    expect(heard).toEqual([])
  })
})
