/** A consumer in a group whose user, topics and group do what they should not. */
import { type GroupConsumer, type GroupConsumerOptions, isKafkaError, openKafka } from 'sluice-kafka-client'
import { expect, test } from 'vitest'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { clientOf, describeBrokers, newTopic, produce, uniqueName } from '../kafka/brokers.ts'
import { untilHolds } from './members.ts'

const quick = {
  sessionTimeoutMs: 6_000,
  heartbeatMs: 300,
  rebalanceTimeoutMs: 10_000,
  releaseMs: 3_000,
  waitMs: 100,
} as const

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

/** Reads so many records with `next`; each batch is done. */
const read = async (consumer: GroupConsumer, count: number): Promise<string[]> => {
  const seen: string[] = []
  while (seen.length < count) {
    const batch = await consumer.next(AbortSignal.timeout(20_000))
    for (const record of batch) seen.push(record.valueText ?? 'null')
    consumer.done(batch)
  }
  return seen
}

const throwing = (what: string) => (): never => {
  throw new Error(what)
}

describeBrokers('a consumer in a group that is ill-treated', (at, broker) => {
  const open = (options: GroupConsumerOptions) => {
    const kafka = openKafka({ brokers: at().address })
    return {
      consumer: kafka.groupConsumer({ ...quick, ...options }),
      [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
    }
  }
  const offsetOf = async (group: string, topic: string): Promise<bigint | undefined> => {
    await using kafka = openKafka({ brokers: at().address })
    const offsets = await kafka
      .groupConsumer({ group, topics: [uniqueName('none')] })
      .committed(new Map([[topic, [0]]]))
    return offsets[0]?.offset
  }

  test('tells what onAssigned throws, and reads all the same', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 5))
    const onAssigned = throwing('cannot prepare')
    await using opened = open({ group: uniqueName('group'), topics: [topic], onAssigned })
    await expect(opened.consumer.next()).rejects.toThrow('cannot prepare')
    expect(await read(opened.consumer, 5)).toEqual(numbers(0, 5))
  })

  test('tells what onTrouble throws, and reads on when the trouble is over', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 5))
    let troubles = 0
    const onTrouble = (problem: unknown): void => {
      if (problem === null) return
      troubles++
      throw new Error('cannot log')
    }
    await using opened = open({ group: uniqueName('group'), topics: [topic], onTrouble })
    expect(await read(opened.consumer, 5)).toEqual(numbers(0, 5))
    await at().crash()
    await produce(at(), topic, numbers(5, 8))
    const seen: string[] = []
    const told = new Set<string>()
    await untilHolds('it saw trouble', () => troubles > 0)
    while (seen.at(-1) !== '7') {
      const batch = await opened.consumer.next(AbortSignal.timeout(30_000)).catch((error: unknown) => {
        told.add(String(error))
        return null
      })
      if (batch === null) continue
      for (const record of batch) seen.push(record.valueText ?? 'null')
      opened.consumer.done(batch)
    }
    // A session may have ended meanwhile: then what was not committed comes again.
    expect(seen.slice(-3)).toEqual(numbers(5, 8))
    expect([...told]).toEqual(['Error: cannot log'])
  })

  test('gives partitions back although onRevoked fails, and says so', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    const group = uniqueName('group')
    const onRevoked = async (): Promise<void> => {
      await systemClock.sleep(1)
      throw new Error('cannot store')
    }
    await using one = open({ group, topics: [topic], onRevoked })
    await untilHolds('one has both', () => one.consumer.assigned.get(topic)?.length === 2)
    await using two = open({ group, topics: [topic] })
    await untilHolds('two has one', () => two.consumer.assigned.get(topic)?.length === 1)
    await expect(one.consumer.next(AbortSignal.timeout(10_000))).rejects.toThrow('cannot store')
    expect(one.consumer.assigned.get(topic)).toHaveLength(1)
  })

  test('stays where its loop moved it, although the loop is left', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 5))
    await using opened = open({ group: uniqueName('group'), topics: [topic] })
    const { consumer } = opened
    await read(consumer, 5)
    await produce(at(), topic, numbers(5, 6))
    for await (const batch of consumer) {
      await consumer.seek(topic, [batch.partition], { offset: 2n })
      break
    }
    expect(await read(consumer, 4)).toEqual(numbers(2, 6))
  })

  test('gives a batch again at which the loop failed, also where the loop released it', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 5))
    await using opened = open({ group: uniqueName('group'), topics: [topic] })
    const failing = (async () => {
      for await (const batch of opened.consumer) {
        using _ = batch
        throw new Error('cannot work')
      }
    })()
    await expect(failing).rejects.toThrow('cannot work')
    expect(await read(opened.consumer, 5)).toEqual(numbers(0, 5))
  })

  test('is paused from the first on where onAssigned says so, and stays paused when a batch is given back', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await produce(at(), topic, numbers(0, 5))
    const opened: { consumer: GroupConsumer } & AsyncDisposable = open({
      group: uniqueName('group'),
      topics: [topic],
      onAssigned: () => opened.consumer.pause(topic),
    })
    await using _ = opened
    const { consumer } = opened
    await expect(consumer.next(AbortSignal.timeout(1_500))).rejects.toThrow('timeout')
    consumer.resume(topic)
    const batch = await consumer.next()
    consumer.pause(topic)
    consumer.abandon(batch)
    await expect(consumer.next(AbortSignal.timeout(1_000))).rejects.toThrow('timeout')
    consumer.resume(topic)
    expect(await read(consumer, 5)).toEqual(numbers(0, 5))
  })

  test('commits nothing of a partition that went while its work was under way', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    const group = uniqueName('group')
    await produce(at(), topic, numbers(0, 5))
    const revoked = Promise.withResolvers<void>()
    const lost: string[] = []
    // Its assignor sorts members by id, so static names say who gets the only partition.
    const options = { group, topics: [topic], assignors: ['range'] as const }
    await using one = open({
      ...options,
      instanceId: 'b',
      onRevoked: () => revoked.promise,
      onLost: (partitions) => void lost.push(...partitions.keys()),
    })
    expect(await read(one.consumer, 5)).toHaveLength(5)
    await using two = open({ ...options, instanceId: 'a' })
    await untilHolds('one lost it', () => lost.length === 1)
    await untilHolds('two has it', () => two.consumer.assigned.get(topic)?.length === 1)
    expect(await read(two.consumer, 5)).toHaveLength(5)
    await produce(at(), topic, numbers(5, 9))
    expect(await read(two.consumer, 4)).toEqual(numbers(5, 9))
    await two.consumer.commit()
    revoked.resolve()
    await systemClock.sleep(500)
    expect(await offsetOf(group, topic)).toBe(9n)
  })

  test('can be disposed twice, before it has joined, and while it waits', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    const early = open({ group: uniqueName('group'), topics: [topic] })
    await Promise.all([early.consumer[Symbol.asyncDispose](), early.consumer[Symbol.asyncDispose]()])
    await early[Symbol.asyncDispose]()
    await expect(early.consumer.next()).rejects.toMatchObject({ code: 'CLOSED' })
    const late = open({ group: uniqueName('group'), topics: [topic] })
    const waiting = late.consumer.next().catch((error: unknown) => error)
    await untilHolds('it has joined', () => late.consumer.assigned.size === 1)
    await Promise.all([late[Symbol.asyncDispose](), late.consumer[Symbol.asyncDispose]()])
    expect(await waiting).toMatchObject({ code: 'CLOSED' })
    await expect(late.consumer.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('reads a topic that was made anew from its beginning, and commits there', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    const group = uniqueName('group')
    await produce(at(), topic, numbers(0, 50))
    await using opened = open({ group, topics: [topic], onOutOfRange: 'earliest', commitEveryMs: 300 })
    expect(await read(opened.consumer, 50)).toHaveLength(50)
    await using admin = await clientOf(at()).admin()
    await admin.deleteTopic(topic)
    await systemClock.sleep(500)
    await newTopic(at(), { name: topic, partitions: 1 })
    await produce(at(), topic, numbers(100, 105))
    expect(await read(opened.consumer, 5)).toEqual(numbers(100, 105))
    await opened.consumer.commit()
    expect(await offsetOf(group, topic)).toBe(5n)
  })

  test('commits after its coordinator was killed in the middle of commits', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    const group = uniqueName('group')
    await produce(at(), topic, numbers(0, 5))
    await using opened = open({ group, topics: [topic], sessionTimeoutMs: 30_000, commitEveryMs: null })
    const { consumer } = opened
    expect(await read(consumer, 5)).toHaveLength(5)
    const outcomes: unknown[] = []
    let isOver = false
    const committing = (async () => {
      while (!isOver) {
        outcomes.push(
          await consumer.commit([{ topic, partition: 0, offset: 3n }]).catch((error: unknown) => error),
        )
        await systemClock.sleep(5)
      }
    })()
    await systemClock.sleep(50)
    await at().crash()
    isOver = true
    await committing
    const failures = outcomes.filter((outcome) => outcome !== undefined)
    expect(failures.map((each) => isKafkaError(each) && each.advice)).toEqual(failures.map(() => 'retry'))
    await expect.poll(() => consumer.commit().then(() => true, String), { timeout: 30_000 }).toBe(true)
    expect(await offsetOf(group, topic)).toBe(5n)
  })

  test('says that the group refuses its session, and is no end of the program', async () => {
    const topic = await newTopic(at(), { partitions: 1 })
    await using opened = open({ group: uniqueName('group'), topics: [topic], sessionTimeoutMs: 3_000_000 })
    await expect(opened.consumer.next(AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
    })
  })

  test(`reads a thousand partitions, ${broker}`, { timeout: 120_000 }, async () => {
    const topic = await newTopic(at(), { partitions: 1_000 })
    const group = uniqueName('group')
    for (const partition of [0, 499, 999]) await produce(at(), topic, ['first'], { partition })
    {
      await using first = open({ group, topics: [topic] })
      expect(await read(first.consumer, 3)).toHaveLength(3)
      await untilHolds('all have begun', () => first.consumer.lag().every(({ records }) => records === 0n))
    }
    for (const partition of [1, 998]) await produce(at(), topic, ['second'], { partition })
    await using second = open({ group, topics: [topic] })
    expect(await read(second.consumer, 2)).toEqual(['second', 'second'])
  })
})
