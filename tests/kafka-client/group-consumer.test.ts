/** What a consumer in a group promises: records at least once, partitions that go when their work is done. */
import { type GroupConsumer, type GroupConsumerOptions, openKafka } from 'sluice-kafka-client'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { describeBrokers, newTopic, produce, uniqueName } from '../kafka/brokers.ts'
import { untilHolds } from './members.ts'

const quick = {
  sessionTimeoutMs: 6_000,
  heartbeatMs: 300,
  rebalanceTimeoutMs: 10_000,
  releaseMs: 8_000,
  waitMs: 100,
} as const

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

/** Reads until there were so many, in the loop that users write. */
const read = async (consumer: GroupConsumer, count: number): Promise<string[]> => {
  const seen: string[] = []
  for await (const batch of consumer) {
    for (const record of batch) seen.push(record.valueText ?? 'null')
    if (seen.length < count) continue
    consumer.done(batch)
    break
  }
  return seen
}

describeBrokers('a consumer in a group', (at, broker) => {
  const protocols = broker === 'Apache Kafka' ? (['classic', 'consumer'] as const) : (['classic'] as const)
  const open = (options: Omit<GroupConsumerOptions, 'protocol'>, protocol: 'classic' | 'consumer') => {
    const kafka = openKafka({ brokers: at().address })
    return {
      consumer: kafka.groupConsumer({ ...quick, ...options, protocol }),
      [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
    }
  }

  describe.each(protocols)('by the %s protocol', (protocol) => {
    test('goes on where the one before it was done', async () => {
      const topic = await newTopic(at(), { partitions: 1 })
      const options = { group: uniqueName('group'), topics: [topic] }
      await produce(at(), topic, numbers(0, 10))
      {
        await using first = open(options, protocol)
        expect(await read(first.consumer, 10)).toEqual(numbers(0, 10))
      }
      await produce(at(), topic, numbers(10, 15))
      await using second = open(options, protocol)
      expect(await read(second.consumer, 5)).toEqual(numbers(10, 15))
      const lag = second.consumer.lag()
      expect(lag).toEqual([{ topic, partition: 0, records: 0n }])
    })

    test('gives a batch again whose work failed, to itself and to whoever comes after it', async () => {
      const topic = await newTopic(at(), { partitions: 1 })
      const options = { group: uniqueName('group'), topics: [topic] }
      await produce(at(), topic, numbers(0, 3))
      {
        await using first = open(options, protocol)
        const failing = (async () => {
          for await (const batch of first.consumer)
            throw new Error(`${batch.at(0).valueText} cannot be stored`)
        })()
        await expect(failing).rejects.toThrow('0 cannot be stored')
        using again = await first.consumer.next()
        expect(again.at(0).valueText).toBe('0')
      }
      await using second = open(options, protocol)
      expect(await read(second.consumer, 3)).toEqual(numbers(0, 3))
    })

    test('a partition goes to another only when its work is done, which the other does not see again', async () => {
      const topic = await newTopic(at(), { partitions: 2 })
      const options = { group: uniqueName('group'), topics: [topic] }
      for (const partition of [0, 1]) await produce(at(), topic, numbers(0, 4), { partition })
      const done: string[] = []
      const work = async (name: string, consumer: GroupConsumer, pauseMs: number): Promise<void> => {
        for await (const batch of consumer) {
          await systemClock.sleep(pauseMs)
          for (const record of batch) done.push(`${name} ${batch.partition}/${record.offset}`)
        }
      }
      await using slow = open(options, protocol)
      const working = work('slow', slow.consumer, 1_500)
      await untilHolds('slow has both', () => slow.consumer.assigned.get(topic)?.length === 2)
      await systemClock.sleep(300)
      await using other = open(options, protocol)
      const alsoWorking = work('other', other.consumer, 0)
      await untilHolds('both have one', () => {
        const counts = [slow, other].map(({ consumer }) => consumer.assigned.get(topic)?.length)
        return counts.every((count) => count === 1)
      })
      for (const partition of [0, 1]) await produce(at(), topic, numbers(4, 6), { partition })
      await untilHolds(
        'all is done',
        () => done.length >= 12,
        () => done,
      )
      await Promise.all([slow, other].map(({ consumer }) => consumer[Symbol.asyncDispose]()))
      await Promise.all([working, alsoWorking])
      const records = done.map((entry) => entry.split(' ')[1] ?? '')
      const all = [0, 1].flatMap((partition) => numbers(0, 6).map((offset) => `${partition}/${offset}`))
      expect(records.toSorted((a, b) => a.localeCompare(b))).toEqual(all)
    })
  })

  test('starts where it is told when the group has committed nothing, and who comes after it misses nothing', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    const options = { group: uniqueName('group'), topics: [topic], start: 'latest' as const }
    await produce(at(), topic, numbers(0, 3))
    {
      await using first = open(options, 'classic')
      await untilHolds('it knows where it begins', () => first.consumer.lag()[0]?.records === 0n)
    }
    await produce(at(), topic, numbers(3, 5))
    await using second = open(options, 'classic')
    expect(await read(second.consumer, 2)).toEqual(numbers(3, 5))
  })

  test('can be moved, paused and asked what is committed', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 6))
    await using opened = open({ group: uniqueName('group'), topics: [topic] }, 'classic')
    const { consumer } = opened
    await read(consumer, 6)
    await consumer.commit()
    const asked = new Map([[topic, [0]]])
    expect(await consumer.committed(asked)).toMatchObject([{ partition: 0, offset: 6n, leaderEpoch: 0 }])
    await consumer.seek(topic, [0], { offset: 4n })
    expect(await read(consumer, 2)).toEqual(numbers(4, 6))
    consumer.pause(topic)
    await produce(at(), topic, numbers(6, 8))
    await expect(consumer.next(AbortSignal.timeout(1_000))).rejects.toThrow('timeout')
    consumer.resume(topic)
    expect(await read(consumer, 2)).toEqual(numbers(6, 8))
  })
})
