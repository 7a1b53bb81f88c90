import { describe, expect, test } from 'vitest'
import { virtualClock } from '../kernel/clock.ts'
import type { LogLine } from '../kernel/logger.ts'
import { createLogQueue } from './log-queue.ts'

const line = (message: string): LogLine => ({ atMs: 1, level: 'info', component: 'x', message, fields: {} })
const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ message }) => message)

describe('lines on their way to the store', () => {
  test('come out in their order, at most so many at once', () => {
    const queue = createLogQueue(virtualClock())
    for (const message of ['a', 'b', 'c']) queue.add(line(message))
    expect(texts(queue.take(2))).toEqual(['a', 'b'])
    expect(texts(queue.take(2))).toEqual(['c'])
    expect(queue.take(2)).toEqual([])
  })

  test('that could not be written come first the next time', () => {
    const queue = createLogQueue(virtualClock())
    queue.add(line('a'))
    const taken = queue.take(10)
    queue.add(line('b'))
    queue.putBack(taken)
    expect(texts(queue.take(10))).toEqual(['a', 'b'])
  })

  test('are bounded: the oldest are left out, counted, and told once', () => {
    const queue = createLogQueue(virtualClock(), 10)
    for (let i = 0; i < 25; i++) queue.add(line(String(i)))
    const [told, ...kept] = queue.take(100)
    expect(kept.length).toBeLessThanOrEqual(10)
    expect(kept.at(-1)?.message).toBe('24')
    expect(told?.message).toContain(`${25 - kept.length} lines came too fast`)
    expect(queue.take(100)).toEqual([])
  })

  test('are cut where they are too long', () => {
    const queue = createLogQueue(virtualClock())
    queue.add({ ...line('x'.repeat(100_000)), fields: { problem: 'y'.repeat(100_000) } })
    const [cut] = queue.take(1)
    expect(cut?.message.length).toBeLessThan(9_000)
    expect(String(cut?.fields['problem']).length).toBeLessThan(9_000)
  })
})
