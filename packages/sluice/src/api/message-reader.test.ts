import { expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { memoryKafka } from './memory-kafka.suite.ts'
import { followMessages } from './message-reader.ts'
import { parseStart } from './message-start.ts'

test('following reads partitions that are added meanwhile from their beginning', async () => {
  const kafka = memoryKafka()
  await kafka.admin.createTopic({ name: 'a', partitions: 1, replicationFactor: 1, configs: {} })
  const topic = await kafka.admin.topic('a')
  if (topic === null) throw new Error('the topic is missing')
  const send = (partition: number, text: string) =>
    kafka.writer.send([
      { topic: 'a', partition, key: null, value: Buffer.from(text), headers: [], timeMs: 0 },
    ])
  // A second is a minute to whoever follows.
  const clock = { ...systemClock, now: () => systemClock.now() * 60 }
  const stop = new AbortController()
  const seen: unknown[] = []
  await send(0, 'old')
  const options = { filter: null, previewBytes: 100 }
  const messages = followMessages(
    kafka,
    clock,
    topic,
    parseStart('earliest', undefined),
    options,
    stop.signal,
  )
  for await (const { partition, value } of messages) {
    seen.push([partition, value])
    if (seen.length === 1) {
      await kafka.admin.addPartitions('a', 2)
      await send(1, 'new')
    } else stop.abort()
  }
  expect(seen).toEqual([
    [0, 'old'],
    [1, 'new'],
  ])
})
