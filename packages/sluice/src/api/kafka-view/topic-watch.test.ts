import { expect, test } from 'vitest'
import { virtualClock } from '../../kernel/clock.ts'
import { topicWatch } from './topic-watch.ts'

const none = async (): Promise<Map<string, number>> => new Map()

test('a rate is that of the last seconds, and unknown before a topic was seen twice', async () => {
  const clock = virtualClock()
  const watch = topicWatch(clock, none)
  const see = (written: bigint, id = 'a') => watch.observe([{ name: 't', id, written }])
  await see(100n)
  expect(watch.rateOf('t')).toBeNull()
  await clock.advance(2_000)
  await see(120n)
  expect(watch.rateOf('t')).toBe(10)
  for (let i = 1; i <= 10; i++) {
    await clock.advance(5_000)
    await see(120n + BigInt(i) * 500n)
  }
  expect(watch.rateOf('t')).toBe(100)
  await see(5n, 'b')
  expect(watch.rateOf('t')).toBeNull()
  expect(watch.rateOf('other')).toBeNull()
})

test('only topics that were written to are asked for their newest record, and all come in turn', async () => {
  const clock = virtualClock()
  const asked: string[][] = []
  const watch = topicWatch(clock, async (names) => {
    asked.push([...names])
    return new Map(names.map((name) => [name, clock.now()]))
  })
  const topics = Array.from({ length: 700 }, (_, i) => ({
    name: `t-${i}`,
    id: String(i),
    written: BigInt(i),
  }))
  await watch.observe(topics)
  await clock.advance(5_000)
  await watch.observe(topics)
  await clock.advance(5_000)
  await watch.observe(topics.map((topic) => (topic.name === 't-3' ? { ...topic, written: 9n } : topic)))
  expect(asked.map(({ length }) => length)).toEqual([500, 199, 1])
  expect(new Set(asked.slice(0, 2).flat())).toEqual(new Set(topics.slice(1).map(({ name }) => name)))
  expect(asked[2]).toEqual(['t-3'])
  expect(watch.newestMsOf('t-3')).toBe(10_000)
  expect(watch.newestMsOf('t-0')).toBeNull()
})
