import { describe, expect, test } from 'vitest'
import type { TopicState } from '../flow/kafka-ports.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { messageRows } from './live/message-rows.ts'
import { memoryKafka } from './memory-kafka.suite.ts'
import type { MessageFilter } from './message-filter.ts'
import { followMessages, readPage } from './message-reader.ts'
import { scanBudget } from './message-scan.ts'
import { parseStart } from './message-start.ts'
import type { Kafka } from './ports.ts'

const count = 100
const start = parseStart('earliest', undefined)

interface Reading {
  readonly kafka: Kafka
  readonly topic: TopicState
  readonly clock: Clock
  readonly filter: MessageFilter
  readonly signal: AbortSignal
}

const searched = async ({ kafka, clock, topic, filter, signal }: Reading): Promise<void> => {
  const budget = { ...scanBudget, ms: 1_000_000 }
  const options = { start, until: undefined, filter, limit: 10, previewBytes: 100, budget }
  await readPage(kafka, clock, topic, options, signal)
}

const followed = async ({ kafka, clock, topic, filter, signal }: Reading): Promise<void> => {
  const options = { filter, previewBytes: 100 }
  for await (const _ of followMessages(kafka, clock, topic, start, options, signal)) continue
}

const watched = async ({ kafka, clock, filter, signal }: Reading): Promise<void> => {
  const rows = messageRows(kafka, clock, { topic: 'a', partition: undefined, from: 'earliest', filter })
  const into = { push: () => undefined, skip: () => undefined, fail: () => undefined }
  await rows(into, signal, () => undefined)
}

describe('a filter that costs 5 ms a record', () => {
  test.each([
    { says: 'a search', read: searched },
    { says: 'a stream', read: followed },
    { says: 'a live tail', read: watched },
  ])('holds up nobody for more than two records: $says', async ({ read }) => {
    const kafka = memoryKafka()
    await kafka.admin.createTopic({ name: 'a', partitions: 1, replicationFactor: 1, configs: {} })
    const record = { topic: 'a', partition: 0, key: null, headers: [], value: Buffer.from('x') }
    await kafka.writer.send(Array.from({ length: count }, (_, n) => ({ ...record, timeMs: n })))
    const topic = await kafka.admin.topic('a')
    if (topic === null) throw new Error('there is no topic')
    const done = new AbortController()
    let nowMs = 0
    let judged = 0
    let atOnce = 0
    let mostAtOnce = 0
    const filter = (): boolean => {
      nowMs += 5
      atOnce++
      mostAtOnce = Math.max(mostAtOnce, atOnce)
      if (++judged === count) done.abort()
      return false
    }
    const turn = (): void => {
      atOnce = 0
      if (!done.signal.aborted) setImmediate(turn)
    }
    turn()
    const clock = { ...systemClock, now: () => nowMs }
    await read({ kafka, topic, clock, filter, signal: done.signal }).catch(() => undefined)
    expect(judged).toBe(count)
    expect(mostAtOnce).toBeLessThanOrEqual(2)
  })
})
