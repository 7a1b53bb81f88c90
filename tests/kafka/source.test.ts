import { DeleteRecords } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { openCluster } from '../../packages/sluice/src/connectors/kafka/client/open-cluster.ts'
import { openKafkaPositions } from '../../packages/sluice/src/connectors/kafka/positions.ts'
import { openKafkaSource } from '../../packages/sluice/src/connectors/kafka/source.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import {
  clientOf,
  describeBrokers,
  newTopic,
  openSource,
  produce,
  saying,
  type TestBroker,
  uniqueName,
} from './brokers.ts'
import { type Positions, Reading } from './reading.ts'

const numbers = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => String(from + i))

/** Deletes the records of partition 0 before an offset, as retention does. */
const deleteRecords = async (broker: TestBroker, topic: string, offset: bigint): Promise<void> => {
  using cluster = openCluster(saying(broker, 'p').context.kafka)
  const leader = (await cluster.topic(topic))?.partitions[0]?.leader ?? -1
  const connection = await cluster.connectionTo(leader, 'test')
  const answer = await connection.request(DeleteRecords, {
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 10_000,
  })
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
}

const deleteTopic = async (broker: TestBroker, name: string): Promise<void> => {
  await using admin = await clientOf(broker).admin()
  await admin.deleteTopic(name)
}

describeBrokers('the Kafka source', (at) => {
  test('reads keys, tombstones, headers and times as they were written', async () => {
    const topic = await newTopic(at())
    await using writer = await clientOf(at()).writer()
    const headers = [
      { key: 'h', value: Buffer.from('1') },
      { key: 'h', value: null },
    ]
    const record = { topic, partition: 0, timeMs: 1_234 }
    await writer.send([
      { ...record, key: Buffer.from('k'), value: null, headers },
      { ...record, key: null, value: Buffer.from([0, 255]), headers: [], timeMs: 5 },
    ])
    await using session = await openSource(at(), { topic })
    const reading = new Reading(session)
    await reading.read(2)
    const batches = reading.events.flatMap((event) => (event.kind === 'batch' ? [event.batch] : []))
    expect(batches).toHaveLength(1)
    const [batch] = batches
    expect(batch?.keyTextOf(0)).toBe('k')
    expect(batch?.isTombstone(0)).toBe(true)
    expect(batch?.headersOf(0)).toStrictEqual(headers)
    expect(batch?.timeOf(0)).toBe(1_234)
    expect(batch?.keyOf(1)).toBeNull()
    expect(batch?.valueOf(1)).toStrictEqual(Buffer.from([0, 255]))
    expect(batch?.timeOf(1)).toBe(5)
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'reads batches in %s',
    async (compression) => {
      const topic = await newTopic(at())
      const values = numbers(3_000)
      await produce(at(), topic, values, { compression })
      await using session = await openSource(at(), { topic })
      const reading = new Reading(session)
      await reading.read(values.length)
      expect(reading.values).toStrictEqual(values)
    },
  )

  test('goes on where the position says, whatever the group was told', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(10))
    const positions: Positions = new Map()
    const pipeline = uniqueName('p')
    {
      await using session = await openSource(at(), { topic }, pipeline)
      await new Reading(session, positions).read(10)
    }
    await produce(at(), topic, numbers(5, 10))
    {
      await using session = await openSource(at(), { topic }, pipeline)
      const reading = new Reading(session, positions)
      await reading.read(5)
      expect(reading.values).toStrictEqual(numbers(5, 10))
    }
    const { session, position } = {
      session: await openSource(at(), { topic }),
      position: positions.get(`${topic}/0`),
    }
    await using rewound = session
    const reading = new Reading(rewound, new Map([[`${topic}/0`, position?.replace(/:\d+$/, ':3') ?? '']]))
    await reading.read(12)
    expect(reading.values).toStrictEqual(numbers(12, 3))
  })

  test('tells the group how far it is, as a hint', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(4))
    const group = uniqueName('group')
    {
      await using session = await openSource(at(), { topic, group })
      await new Reading(session).read(4)
    }
    await using admin = await clientOf(at()).admin()
    expect(await admin.groupOffsets(group)).toStrictEqual([{ topic, partition: 0, committed: 4n }])
  })

  test.each([
    { says: 'the end', start: 'latest', from: 6 },
    { says: 'a time', start: { time: 1_003 }, from: 3 },
    { says: 'an offset', start: { offsets: { 0: 4 } }, from: 4 },
  ])('starts at $says', async ({ start, from }) => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(6))
    await using session = await openSource(at(), { topic, start })
    const reading = new Reading(session)
    await reading.until(() => reading.lanes.size === 1)
    await reading.untilIdle(1)
    await produce(at(), topic, numbers(2, 6))
    await reading.read(8 - from)
    expect(reading.values).toStrictEqual(numbers(8 - from, from))
  })

  test('shares partitions between two sessions and takes over without a gap or a repeat', async () => {
    const topic = await newTopic(at(), { partitions: 4 })
    const pipeline = uniqueName('p')
    const positions: Positions = new Map()
    const [first, second] = [
      await openSource(at(), { topic }, pipeline),
      await openSource(at(), { topic }, pipeline),
    ]
    const [one, two] = [new Reading(first, positions), new Reading(second, positions)]
    const both = async (holds: () => boolean): Promise<void> => {
      await Promise.all([one.until(holds), two.until(holds)])
    }
    await both(() => one.lanes.size === 2 && two.lanes.size === 2)
    for (let partition = 0; partition < 4; partition++) {
      await produce(at(), topic, numbers(50, partition * 100), { partition })
    }
    await both(() => one.records.length + two.records.length >= 200)
    await second[Symbol.asyncDispose]()
    await one.until(() => one.lanes.size === 4)
    for (let partition = 0; partition < 4; partition++) {
      await produce(at(), topic, numbers(50, partition * 100 + 50), { partition })
    }
    await one.until(() => one.records.length + two.records.length >= 400)
    await one.untilIdle(1)
    const read = [...one.values, ...two.values].map(Number).sort((a, b) => a - b)
    const written = [0, 100, 200, 300].flatMap((base) => numbers(100, base).map(Number))
    expect(read).toStrictEqual(written)
    expect(one.events.filter((event) => event.kind === 'lost')).toHaveLength(0)
    await first[Symbol.asyncDispose]()
  })

  test('does not hand out records of a paused lane, and goes on when it is resumed', async () => {
    const topic = await newTopic(at(), { partitions: 2 })
    await using session = await openSource(at(), { topic })
    const reading = new Reading(session)
    await reading.until(() => reading.lanes.size === 2)
    session.pause(`${topic}/0`)
    await produce(at(), topic, ['paused'], { partition: 0 })
    await produce(at(), topic, ['flowing'], { partition: 1 })
    await reading.read(1)
    await reading.untilIdle()
    expect(reading.values).toStrictEqual(['flowing'])
    session.resume(`${topic}/0`)
    await reading.read(2)
    expect(reading.values).toStrictEqual(['flowing', 'paused'])
  })

  test('reads a topic from its first record that came to be after reading from the end began', async () => {
    const topic = uniqueName('later')
    await using session = await openSource(at(), { topic, start: 'latest' })
    const reading = new Reading(session)
    await reading.untilIdle(1)
    await using admin = await clientOf(at()).admin()
    await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 1, configs: {} })
    await produce(at(), topic, numbers(3))
    await reading.read(3)
    expect(reading.values).toStrictEqual(numbers(3))
  })

  test('waits for a topic that does not exist yet', async () => {
    const topic = uniqueName('later')
    const { context, lines } = saying(at(), uniqueName('p'))
    await using session = await openKafkaSource({ topic }, context)
    const reading = new Reading(session)
    await reading.untilIdle()
    await newTopic(at(), { name: topic })
    await produce(at(), topic, ['there'])
    await reading.read(1)
    expect(reading.values).toStrictEqual(['there'])
    // It may just be in the making.
    expect(lines.filter((line) => line.message.includes('does not exist yet'))).toHaveLength(0)
  })

  test('says once that a topic is missing when it stays so', async () => {
    const { context, lines } = saying(at(), uniqueName('p'))
    // A second is a minute to it.
    const clock = { ...systemClock, now: () => systemClock.now() * 60 }
    await using session = await openKafkaSource({ topic: uniqueName('never') }, { ...context, clock })
    const warnings = () => lines.filter((line) => line.message.includes('does not exist yet'))
    const reading = new Reading(session)
    await reading.until(() => warnings().length > 0)
    await reading.untilIdle()
    expect(warnings()).toHaveLength(1)
  })

  test('notices a topic that was made anew, and reads it from its start', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(5))
    const { context, lines } = saying(at(), uniqueName('p'))
    await using session = await openKafkaSource({ topic, session_timeout: '6s' }, context)
    const reading = new Reading(session)
    await reading.read(5)
    await deleteTopic(at(), topic)
    await reading.untilIdle(1)
    await newTopic(at(), { name: topic })
    await produce(at(), topic, ['new 0', 'new 1'])
    await reading.read(7)
    expect(reading.values.slice(5)).toStrictEqual(['new 0', 'new 1'])
    const incarnations = new Set(reading.records.map((record) => record.incarnation))
    expect(incarnations.size).toBe(2)
    expect(lines.some((line) => line.message === 'the topic was made anew')).toBe(true)
  })

  test.each([
    { policy: 'earliest', reads: ['new'] },
    { policy: 'latest', reads: [] },
  ])('follows on_gap $policy for a position of a former topic', async ({ policy, reads }) => {
    const topic = await newTopic(at())
    await produce(at(), topic, ['new'])
    const { context, lines } = saying(at(), uniqueName('p'))
    await using session = await openKafkaSource({ topic, on_gap: policy }, context)
    const reading = new Reading(session, new Map([[`${topic}/0`, 'kafka:1:AAAAAAAAAAAAAAAAAAAAAQ:7']]))
    await reading.until(() => reading.lanes.size === 1)
    await reading.untilIdle()
    expect(reading.values).toStrictEqual(reads)
    expect(lines.some((line) => line.message.includes('a position is gone'))).toBe(true)
  })

  test('fails by name when a position is gone and on_gap says so', async () => {
    const topic = await newTopic(at())
    await using session = await openSource(at(), { topic, on_gap: 'fail' })
    const reading = new Reading(session, new Map([[`${topic}/0`, 'kafka:1:AAAAAAAAAAAAAAAAAAAAAQ:7']]))
    await expect(reading.untilIdle(20)).rejects.toMatchObject({ code: 'POSITION_GONE' })
  })

  test('says how much was deleted before it came to read it, and goes on at the oldest', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(10))
    const { context, lines } = saying(at(), uniqueName('p'))
    await using admin = await clientOf(at()).admin()
    const id = (await admin.topic(topic))?.id ?? ''
    await deleteRecords(at(), topic, 6n)
    await using session = await openKafkaSource({ topic }, context)
    const reading = new Reading(session, new Map([[`${topic}/0`, `kafka:1:${id}:2`]]))
    await reading.read(4)
    expect(reading.values).toStrictEqual(numbers(4, 6))
    const [line] = lines.filter(({ message }) => message.includes('a position is gone'))
    expect(line?.fields['because']).toBe('4 records were deleted before they were read')
  })

  test('says so when records are deleted while it reads', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(10))
    const { context, lines } = saying(at(), uniqueName('p'))
    // So little is read ahead that the rest is still in the broker.
    const small = { batch_bytes: '80B', prefetch_bytes: '80B' }
    await using session = await openKafkaSource({ topic, start: { offsets: { 0: 0 } }, ...small }, context)
    const reading = new Reading(session)
    await reading.read(10)
    session.pause(`${topic}/0`)
    await reading.untilIdle()
    await produce(at(), topic, numbers(10, 10))
    await deleteRecords(at(), topic, 15n)
    session.resume(`${topic}/0`)
    await reading.until(() => reading.values.at(-1) === '19')
    expect(new Set(reading.values.slice(10))).toStrictEqual(new Set(numbers(5, 15)))
    expect(lines.some(({ message }) => message.includes('a position is gone'))).toBe(true)
  })

  test('goes on at the end when its position lies beyond it', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(3))
    await using admin = await clientOf(at()).admin()
    const id = (await admin.topic(topic))?.id ?? ''
    await using session = await openSource(at(), { topic })
    const reading = new Reading(session, new Map([[`${topic}/0`, `kafka:1:${id}:100`]]))
    await reading.until(() => reading.lanes.size === 1)
    await reading.untilIdle(1)
    await produce(at(), topic, ['next'])
    await reading.read(1)
    expect(reading.values).toStrictEqual(['next'])
  })

  test('knows how far it is behind', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(6))
    await using session = await openSource(at(), { topic, start: { offsets: { 0: 2 } } })
    const reading = new Reading(session)
    await reading.read(4)
    const lane = `${topic}/0`
    expect(await session.lag()).toStrictEqual([{ lane, records: 0, behindMs: 0 }])
    session.pause(lane)
    await produce(at(), topic, numbers(3, 6))
    await expect.poll(async () => (await session.lag())[0]?.records, { timeout: 15_000 }).toBe(3)
  })

  test('moves positions by hand: to a time, past a record, between its ends', async () => {
    const topic = await newTopic(at())
    await produce(at(), topic, numbers(6))
    const lane = `${topic}/0`
    await using tools = await openKafkaPositions({ topic }, saying(at(), 'p').context)
    const [range] = await tools.lanes()
    expect(range?.lane).toBe(lane)
    expect(tools.distance(range?.earliest ?? '', range?.latest ?? '')).toBe(6)
    await using session = await openSource(at(), { topic })
    const reading = new Reading(session, new Map([[lane, await tools.at(lane, 1_004)]]))
    await reading.read(2)
    expect(reading.values).toStrictEqual(['4', '5'])
    expect(await tools.past(lane, 5n)).toBe(range?.latest)
    expect(await tools.at(lane, 9_999)).toBe(range?.latest)
    expect(tools.distance(null, range?.latest ?? '')).toBeNull()
    await expect(tools.at('other/0', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('loses and repeats nothing when the broker is killed while it reads', async () => {
    const topic = await newTopic(at(), { partitions: 3 })
    const written: string[] = []
    for (let partition = 0; partition < 3; partition++) {
      const values = numbers(3_000, partition * 10_000)
      await produce(at(), topic, values, { partition })
      written.push(...values)
    }
    await using session = await openSource(at(), { topic, batch_bytes: '4KiB', prefetch_bytes: '16KiB' })
    const reading = new Reading(session)
    await reading.read(100)
    const crashed = at().crash()
    await reading.read(written.length, 90_000)
    await crashed
    const read = reading.values.map(Number).sort((a, b) => a - b)
    expect(read).toStrictEqual(written.map(Number).sort((a, b) => a - b))
    await produce(at(), topic, ['after'])
    await reading.read(written.length + 1, 90_000)
    expect(reading.values.at(-1)).toBe('after')
  })
})
