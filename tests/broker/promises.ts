/**
 * What any broker that Sluice works with keeps, whoever made it: the same tests run against the embedded broker and
 * against Apache Kafka, through clients that others wrote.
 */
import { randomUUID } from 'node:crypto'
import {
  Admin,
  Consumer,
  type MessageToProduce,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

/** A broker under test. */
export interface TestedBroker extends AsyncDisposable {
  readonly address: string
  /** Stops it in good order and starts it again on its data. */
  restart(): Promise<void>
}

interface Closable {
  close(): Promise<void>
}

const open: Closable[] = []

/** Closes what a test opened, also when it failed. */
const closing = <Client extends Closable>(client: Client): Client => {
  open.push(client)
  return client
}

const closeAll = async (): Promise<void> => {
  for (const client of open.splice(0).toReversed()) await client.close().catch(() => undefined)
}

const newTopicName = (): string => `t-${randomUUID()}`

/** The clients of one test. */
class Clients {
  readonly address: string

  constructor(address: string) {
    this.address = address
  }

  get #base() {
    return { clientId: 'promises', bootstrapBrokers: [this.address], retries: 5, retryDelay: 200 }
  }

  admin() {
    return closing(new Admin(this.#base))
  }

  producer(options: { idempotent?: boolean } = {}) {
    return closing(new Producer({ ...this.#base, ...options, serializers: stringSerializers }))
  }

  consumer(groupId = `g-${randomUUID()}`) {
    const consumer = new Consumer({
      ...this.#base,
      groupId,
      deserializers: stringDeserializers,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 500,
    })
    open.push({ close: () => consumer.close(true) })
    return consumer
  }

  kafkajs() {
    return new Kafka({ brokers: [this.address], clientId: 'promises-kafkajs', logLevel: logLevel.NOTHING })
  }

  /** A new topic. */
  async topic(partitions = 1, configs: { name: string; value: string }[] = []): Promise<string> {
    const name = newTopicName()
    const admin = this.admin()
    await admin.createTopics({ topics: [name], partitions, replicas: 1, configs })
    // A cluster may take a moment until every partition answers; a producer that retries then writes some records twice.
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1n,
    }))
    const isReady = async (): Promise<boolean> => {
      const listed = await admin.listOffsets({ topics: [{ name, partitions: asked }] })
      return listed[0]?.partitions.length === partitions
    }
    await vi.waitUntil(() => isReady().catch(() => false), { timeout: 20_000 })
    return name
  }
}

interface Seen {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string])[]
  readonly timestamp: number
  readonly partition: number
  readonly offset: bigint
}

/** Reads `count` records of a topic from its beginning, without a group's positions. */
const readAll = async (clients: Clients, topic: string, count: number): Promise<Seen[]> => {
  const stream = await clients.consumer().consume({ topics: [topic], mode: 'earliest', maxWaitTime: 500 })
  const seen: Seen[] = []
  for await (const { key, value, headers, timestamp, partition, offset } of stream) {
    seen.push({
      key: key ?? null,
      value: value ?? null,
      headers: [...headers],
      timestamp: Number(timestamp),
      partition,
      offset,
    })
    if (seen.length === count) break
  }
  return seen
}

type Message = MessageToProduce<string, string, string, string>

const messages = (topic: string, from: number, count: number, partition?: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({
    topic,
    key: `k${from + index}`,
    value: `v${from + index}`,
    ...(partition === undefined ? {} : { partition }),
  }))

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `v${from + index}`)

/** Registers the promises about records. */
const recordPromises = (clients: () => Clients): void => {
  describe('records', () => {
    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
      'come back as they were sent, compressed by %s',
      async (compression) => {
        const topic = await clients().topic()
        const timestamp = 1_700_000_000_123n
        const headers = new Map([
          ['trace', 'abc'],
          ['empty', ''],
        ])
        const sent: Message[] = [
          { topic, key: 'k', value: 'plain', headers, timestamp },
          { topic, value: 'no key', timestamp },
          { topic, key: 'ü', value: '€'.repeat(5000), timestamp },
        ]
        await clients().producer().send({ messages: sent, compression })
        const seen = await readAll(clients(), topic, 3)
        expect(seen.map(({ key, value }) => [key, value])).toEqual([
          ['k', 'plain'],
          [null, 'no key'],
          ['ü', '€'.repeat(5000)],
        ])
        expect(seen[0]?.headers).toEqual([...headers])
        expect(seen.map((each) => each.timestamp)).toEqual(Array(3).fill(Number(timestamp)))
        expect(seen.map((each) => each.offset)).toEqual([0n, 1n, 2n])
      },
    )

    test('keep their order within a partition', async () => {
      const topic = await clients().topic(3)
      const producer = clients().producer()
      for (let from = 0; from < 300; from += 50) await producer.send({ messages: messages(topic, from, 50) })
      const seen = await readAll(clients(), topic, 300)
      for (const partition of [0, 1, 2]) {
        const offsets = seen.filter((each) => each.partition === partition).map((each) => each.offset)
        expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, index) => BigInt(index)))
      }
      expect(new Set(seen.map((each) => each.value))).toEqual(new Set(numbers(0, 300)))
    })

    test.each([
      { acks: ProduceAcks.ALL, says: 'all' },
      { acks: ProduceAcks.LEADER, says: 'one' },
      { acks: ProduceAcks.NO_RESPONSE, says: 'none' },
    ])('arrive with acks $says', async ({ acks }) => {
      const topic = await clients().topic()
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 10), acks })
      expect((await readAll(clients(), topic, 10)).map((each) => each.value)).toEqual(numbers(0, 10))
    })

    test('of an idempotent producer are there once', async () => {
      const topic = await clients().topic(2)
      const producer = clients().producer({ idempotent: true })
      for (let from = 0; from < 100; from += 10) await producer.send({ messages: messages(topic, from, 10) })
      const seen = await readAll(clients(), topic, 100)
      expect(new Set(seen.map((each) => each.value))).toEqual(new Set(numbers(0, 100)))
    })

    test('as large as the topic allows are taken, larger ones refused', async () => {
      const topic = await clients().topic(1, [{ name: 'max.message.bytes', value: '2000000' }])
      const producer = clients().producer()
      await producer.send({ messages: [{ topic, key: 'k', value: 'x'.repeat(1_900_000) }] })
      await expect(
        producer.send({ messages: [{ topic, key: 'k', value: 'x'.repeat(2_100_000) }] }),
      ).rejects.toThrow(/error|failed|unknown/i)
      expect((await readAll(clients(), topic, 1))[0]?.value).toHaveLength(1_900_000)
    })

    test('reach a consumer that waits for them', async () => {
      const topic = await clients().topic()
      const reading = readAll(clients(), topic, 1)
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 1) })
      expect((await reading)[0]?.value).toBe('v0')
    })

    test('are not taken for a topic that does not exist', async () => {
      const producer = clients().producer()
      await expect(producer.send({ messages: messages(newTopicName(), 0, 1) })).rejects.toThrow(
        /error|failed|unknown/i,
      )
    })
  })
}

/** Registers the promises about topics. */
const topicPromises = (clients: () => Clients): void => {
  describe('topics', () => {
    test('are made, described, and deleted', async () => {
      const admin = clients().admin()
      const topic = await clients().topic(4)
      expect(await admin.listTopics()).toContain(topic)
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
      expect(metadata.topics.get(topic)?.partitionsCount).toBe(4)
      await admin.deleteTopics({ topics: [topic] })
      await expect.poll(() => admin.listTopics(), { timeout: 20_000 }).not.toContain(topic)
    })

    test.each([
      { says: 'that is there already', name: (taken: string) => taken, partitions: 1 },
      { says: 'with a name that is none', name: () => 'no spaces allowed', partitions: 1 },
      { says: 'with more replicas than there are brokers', name: newTopicName, partitions: 1, replicas: 3 },
      {
        says: 'with an unknown setting',
        name: newTopicName,
        partitions: 1,
        configs: [{ name: 'no.such', value: '1' }],
      },
      {
        says: 'with a setting that makes no sense',
        name: newTopicName,
        partitions: 1,
        configs: [{ name: 'retention.ms', value: 'soon' }],
      },
    ])('are refused: one $says', async ({ name, partitions, replicas = 1, configs = [] }) => {
      const taken = await clients().topic()
      const topics = [name(taken)]
      await expect(clients().admin().createTopics({ topics, partitions, replicas, configs })).rejects.toThrow(
        /error|failed|unknown/i,
      )
    })

    test('made anew are empty', async () => {
      const admin = clients().admin()
      const topic = await clients().topic()
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 5) })
      await admin.deleteTopics({ topics: [topic] })
      // A deletion may take a moment to be known everywhere.
      await expect
        .poll(
          () =>
            admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 }).then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true)
      await clients()
        .producer()
        .send({ messages: messages(topic, 5, 1) })
      expect((await readAll(clients(), topic, 1)).map((each) => [each.value, each.offset])).toEqual([
        ['v5', 0n],
      ])
    })

    test('and their records are there after a restart', async () => {
      const topic = await clients().topic(2)
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 20) })
      const admin = clients().kafkajs().admin()
      await admin.connect()
      const before = await admin.fetchTopicOffsets(topic)
      await admin.disconnect()
      expect(before.reduce((sum, each) => sum + Number(each.high), 0)).toBe(20)
      await restart()
      expect(new Set((await readAll(clients(), topic, 20)).map((each) => each.value))).toEqual(
        new Set(numbers(0, 20)),
      )
    })
  })
}

let restart: () => Promise<void> = () => Promise.resolve()

/** Registers the promises about offsets. */
const offsetPromises = (clients: () => Clients): void => {
  test('offsets are found for the beginning, the end and any time', async () => {
    const topic = await clients().topic()
    const producer = clients().producer()
    const startMs = 1_700_000_000_000
    for (let index = 0; index < 10; index += 1) {
      const timestamp = BigInt(startMs + index * 1000)
      await producer.send({ messages: [{ topic, key: 'k', value: `v${index}`, timestamp }] })
    }
    const admin = clients().kafkajs().admin()
    await admin.connect()
    open.push({ close: () => admin.disconnect() })
    expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, low: '0', high: '10' }])
    const at = async (ms: number) =>
      (await admin.fetchTopicOffsetsByTimestamp(topic, startMs + ms))[0]?.offset
    expect([await at(0), await at(1), await at(5000), await at(8999)]).toEqual(['0', '1', '5', '9'])
    // kafkajs asks for the end when there is nothing as late.
    expect(await at(9001)).toBe('10')
  })
}

/** Registers the promises about consumer groups. */
const groupPromises = (clients: () => Clients): void => {
  describe('a group', () => {
    /** Consumes `count` records in a group, commits, and leaves. */
    const consume = async (topic: string, groupId: string, count: number): Promise<(string | null)[]> => {
      const consumer = clients().consumer(groupId)
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
        maxWaitTime: 500,
      })
      const values: (string | null)[] = []
      for await (const message of stream) {
        values.push(message.value ?? null)
        await message.commit()
        if (values.length === count) break
      }
      await consumer.close(true)
      return values
    }

    test('goes on where it committed, also after a restart of the broker', async () => {
      const topic = await clients().topic()
      const groupId = `g-${randomUUID()}`
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 30) })
      expect(await consume(topic, groupId, 10)).toEqual(numbers(0, 10))
      expect(await consume(topic, groupId, 10)).toEqual(numbers(10, 10))
      await closeAll()
      await restart()
      expect(await consume(topic, groupId, 10)).toEqual(numbers(20, 10))
    })

    test('shares the partitions among its members, and takes over from one that leaves', async () => {
      const topic = await clients().topic(4)
      const groupId = `g-${randomUUID()}`
      const kafka = clients().kafkajs()
      const assigned = new Map<string, number[]>()
      const seen = new Set<string>()
      const join = async (name: string) => {
        const consumer = kafka.consumer({
          groupId,
          sessionTimeout: 10_000,
          heartbeatInterval: 300,
          maxWaitTimeInMs: 300,
        })
        await consumer.connect()
        open.push({ close: () => consumer.disconnect() })
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
          assigned.set(name, payload.memberAssignment[topic] ?? []),
        )
        await consumer.subscribe({ topic, fromBeginning: true })
        await consumer.run({ eachMessage: async ({ message }) => void seen.add(String(message.value)) })
        return consumer
      }
      await join('first')
      const second = await join('second')
      const all = () => [...assigned.values()].flat().toSorted((left, right) => left - right)
      await expect
        .poll(() => [all(), assigned.get('first')?.length], { timeout: 30_000 })
        .toEqual([[0, 1, 2, 3], 2])
      await second.disconnect()
      assigned.delete('second')
      await expect.poll(() => assigned.get('first')?.length, { timeout: 30_000 }).toBe(4)
      for (let partition = 0; partition < 4; partition += 1) {
        await clients()
          .producer()
          .send({ messages: messages(topic, partition * 5, 5, partition) })
      }
      await expect.poll(() => seen.size, { timeout: 30_000 }).toBe(20)
    })

    test('is listed and described', async () => {
      const topic = await clients().topic()
      const groupId = `g-${randomUUID()}`
      await clients()
        .producer()
        .send({ messages: messages(topic, 0, 1) })
      await consume(topic, groupId, 1)
      const admin = clients().kafkajs().admin()
      await admin.connect()
      open.push({ close: () => admin.disconnect() })
      expect((await admin.listGroups()).groups.map((group) => group.groupId)).toContain(groupId)
      expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({ groupId, state: 'Empty' })
      const offsets = await admin.fetchOffsets({ groupId, topics: [topic] })
      expect(offsets[0]?.partitions).toMatchObject([{ partition: 0, offset: '1' }])
      await admin.deleteGroups([groupId])
      expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
    })
  })
}

/** Registers what needs one client to read what another wrote. */
const mixedPromises = (clients: () => Clients): void => {
  test('what kafkajs writes, idempotent and compressed, the other client reads', async () => {
    const topic = await clients().topic()
    const producer = clients().kafkajs().producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    open.push({ close: () => producer.disconnect() })
    await producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [
        { key: 'k', value: 'v0', headers: { a: 'b' } },
        { key: 'gone', value: null },
      ],
    })
    const seen = await readAll(clients(), topic, 2)
    expect(seen.map(({ key, value, headers }) => [key, value, headers])).toEqual([
      ['k', 'v0', [['a', 'b']]],
      ['gone', null, []],
    ])
  })
}

/** Registers every promise about the broker that `start` starts. */
export const brokerPromises = (start: () => Promise<TestedBroker>): void => {
  let broker: TestedBroker | undefined

  beforeAll(async () => {
    broker = await start()
    restart = () => broker?.restart() ?? Promise.resolve()
  })

  afterEach(closeAll)

  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]()
  })

  const clients = (): Clients => new Clients(broker?.address ?? '')
  recordPromises(clients)
  topicPromises(clients)
  offsetPromises(clients)
  groupPromises(clients)
  mixedPromises(clients)
}
