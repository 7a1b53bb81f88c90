/**
 * What consumer groups promise, told with real clients against any broker: ours and Apache Kafka alike.
 */
import { Admin } from '@platformatic/kafka'
import { Kafka, type Admin as KafkajsAdmin, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Member, type MemberClient, until } from './group-clients.ts'

/** A broker that can be killed and started again on what it stored. */
export interface BrokerUnderTest extends AsyncDisposable {
  readonly address: string
  /** SIGKILL; what it stored stays. */
  kill(): Promise<void>
  /** Starts it again at the same address; ends it before if it runs. */
  restart(): Promise<void>
}

/** How a broker is stopped before it is started again. */
export type Ending = 'in good order' | 'with SIGKILL'

/** What a broker is held to. */
export interface PromisedOf {
  readonly clients: readonly MemberClient[]
  /** Clients that go on by themselves when the broker was away for as long as it takes to start. */
  readonly enduring: readonly MemberClient[]
  readonly endings: readonly Ending[]
}

const partitionCount = 4
let names = 0
/** A name that no other test has. */
const unique = (what: string): string => `${what}-${process.pid}-${(names += 1)}`

interface Bench {
  readonly broker: BrokerUnderTest
  readonly admin: KafkajsAdmin
  /** Can what that of kafkajs cannot. */
  readonly other: Admin
  readonly kafka: Kafka
}

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `record-${from + index}`)

/** Makes a topic, for tests that need one. */
const newTopic = async ({ admin }: Bench): Promise<string> => {
  const topic = unique('topic')
  await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }], waitForLeaders: true })
  return topic
}

// A producer of its own each time: one that has seen a partition without a leader, as there are while Apache Kafka
// starts, goes on to drop what is meant for it without a word.
const produce = async ({ kafka }: Bench, topic: string, values: readonly string[]): Promise<void> => {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  const messages = values.map((value, index) => ({ value, partition: index % partitionCount }))
  await producer.connect()
  await producer.send({ topic, messages })
  await producer.disconnect()
}

/** Stops the broker, starts it again, and waits until it leads every partition: before, kafkajs loses records. */
const restart = async ({ broker, admin }: Bench, topic: string, ending: Ending): Promise<void> => {
  if (ending === 'with SIGKILL') await broker.kill()
  await broker.restart()
  await until('leaders of all partitions', async () => {
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null)
    const partitions = metadata?.topics[0]?.partitions ?? []
    return partitions.length === partitionCount && partitions.every(({ leader }) => leader >= 0)
  })
}

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].toSorted()

/** Two members share all partitions between them. */
const share = (one: Member, other: Member): boolean =>
  one.partitions.length === 2 &&
  other.partitions.length === 2 &&
  new Set([...one.partitions, ...other.partitions]).size === partitionCount

const told =
  (...members: Member[]) =>
  (): string =>
    members
      .map((member) => `[${member.partitions.join()}] ${member.read.length} read\n${member.errors}`)
      .join('\n')

const clientPromises = (client: MemberClient, bench: () => Bench, promised: PromisedOf): void => {
  const start = (group: string, topic: string): Member =>
    new Member(client, bench().broker.address, group, topic)

  test('members share a topic; who comes, leaves or dies changes hands, and every record is read', async () => {
    const topic = await newTopic(bench())
    const group = unique('group')
    await produce(bench(), topic, range(0, 40))
    await using first = start(group, topic)
    await until(told(first), () => first.partitions.length === partitionCount)
    await using second = start(group, topic)
    await until(told(first, second), () => share(first, second))
    await second.leave()
    await until(told(first, second), () => first.partitions.length === partitionCount)
    await using third = start(group, topic)
    await until(told(first, third), () => share(first, third))
    await third.kill()
    await until(told(first, third), () => first.partitions.length === partitionCount)
    await produce(bench(), topic, range(40, 80))
    const all = (): string[] => sorted([...first.read, ...second.read, ...third.read])
    await until(told(first, second, third), () => all().length === 80)
    expect(all()).toEqual(sorted(range(0, 80)))
  })

  test.each(promised.endings)(
    'a group goes on where it was after the broker was stopped %s',
    async (ending) => {
      const topic = await newTopic(bench())
      const group = unique('group')
      await produce(bench(), topic, range(0, 40))
      await using before = start(group, topic)
      await until(told(before), () => before.read.length === 40)
      await untilCommitted(bench(), group, topic, 40)
      await before.leave()
      await restart(bench(), topic, ending)
      await produce(bench(), topic, range(40, 60))
      await using after = start(group, topic)
      await until(told(after), () => after.read.includes('record-59') && after.read.length >= 20)
      await untilCommitted(bench(), group, topic, 60)
      expect(after.read.toSorted()).toEqual(range(40, 60).toSorted())
    },
  )

  test.runIf(promised.enduring.includes(client))(
    'a member that lives through the death of the broker reads on',
    async () => {
      const topic = await newTopic(bench())
      const group = unique('group')
      await produce(bench(), topic, range(0, 20))
      await using member = start(group, topic)
      await until(told(member), () => member.read.length >= 20)
      await restart(bench(), topic, 'with SIGKILL')
      await produce(bench(), topic, range(20, 40))
      await until(told(member), () => sorted(member.read).length === 40)
      expect(sorted(member.read)).toEqual(sorted(range(0, 40)))
    },
  )
}

const committedSum = async ({ admin }: Bench, groupId: string, topic: string): Promise<number> => {
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}

const untilCommitted = (bench: Bench, groupId: string, topic: string, count: number): Promise<void> =>
  until(`${count} committed by ${groupId}`, async () => {
    // Apache Kafka takes its time before it coordinates again.
    const sum = await committedSum(bench, groupId, topic).catch(() => -1)
    return sum === count
  })

const adminPromises = (bench: () => Bench): void => {
  test('an administrator sets, sees and deletes offsets of a group without members', async () => {
    const { admin, other } = bench()
    const topic = await newTopic(bench())
    const groupId = unique('group')
    const partitionOffsets = [
      { partition: 1, offset: 7n },
      { partition: 2, offset: 1n },
    ]
    await other.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
    await restart(bench(), topic, 'with SIGKILL')
    await untilCommitted(bench(), groupId, topic, 8)
    await other.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [2] }] })
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const byPartition = offsets?.partitions.map(({ partition, offset }) => `${partition}@${offset}`)
    expect(byPartition?.toSorted()).toEqual(['0@-1', '1@7', '2@-1', '3@-1'])
    await admin.deleteGroups([groupId])
    expect(await committedSum(bench(), groupId, topic)).toBe(0)
    expect((await other.listGroups()).has(groupId)).toBe(false)
  })

  test('a group is listed and described, and cannot be deleted while somebody is in it', async () => {
    const { admin, other, broker } = bench()
    const topic = await newTopic(bench())
    const groupId = unique('group')
    await using member = new Member('kafkajs', broker.address, groupId, topic)
    await until(told(member), () => member.partitions.length === partitionCount)
    const { groups } = await admin.describeGroups([groupId])
    const protocol = 'RoundRobinAssigner'
    expect(groups).toMatchObject([{ groupId, state: 'Stable', protocolType: 'consumer', protocol }])
    expect(groups[0]?.members).toHaveLength(1)
    await expect(admin.deleteGroups([groupId])).rejects.toMatchObject({
      groups: [{ groupId, errorCode: 68 }],
    })
    expect((await other.listGroups({ states: ['STABLE'] })).has(groupId)).toBe(true)
    expect((await other.listGroups({ states: ['EMPTY'] })).has(groupId)).toBe(false)
    await member.leave()
    expect((await other.listGroups({ states: ['EMPTY'] })).has(groupId)).toBe(true)
    await admin.deleteGroups([groupId])
  })

  test('a topic that is deleted takes its offsets along', async () => {
    const { admin, other } = bench()
    const topic = await newTopic(bench())
    const groupId = unique('group')
    const partitionOffsets = [{ partition: 0, offset: 3n }]
    await other.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
    expect(await committedSum(bench(), groupId, topic)).toBe(3)
    await admin.deleteTopics({ topics: [topic] })
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic))
    await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }], waitForLeaders: true })
    await until('its offsets are gone', async () => (await committedSum(bench(), groupId, topic)) === 0)
  })
}

/** Runs every promise about groups against the broker that `start` starts, with these clients. */
export const groupPromises = (
  name: string,
  start: () => Promise<BrokerUnderTest>,
  promised: PromisedOf,
): void => {
  describe(`consumer groups of ${name}`, () => {
    let started: Bench | undefined
    const bench = (): Bench => {
      if (started === undefined) throw new Error('the broker has not been started')
      return started
    }

    beforeAll(async () => {
      const broker = await start()
      const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 50 }
      const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING, retry })
      const admin = kafka.admin()
      await admin.connect()
      const other = new Admin({
        clientId: 'admin',
        bootstrapBrokers: [broker.address],
        retries: 50,
        retryDelay: 100,
      })
      started = { broker, admin, other, kafka }
    })

    afterAll(async () => {
      await Promise.all([started?.admin.disconnect(), started?.other.close()])
      await started?.broker[Symbol.asyncDispose]()
    })

    for (const client of promised.clients)
      describe(`with ${client}`, () => clientPromises(client, bench, promised))
    describe('for administrators', () => adminPromises(bench))
  })
}
