import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster, type TopicMetadata } from '../cluster/cluster.ts'
import { FakeCluster, valuesIn } from '../cluster/fake-cluster.suite.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import type { FetchOptions } from './fetch-request.ts'
import { Fetcher } from './fetcher.ts'
import type { FetchedSet } from './reading.ts'
import { decodeRecordSet } from './record-sets.ts'

const options: FetchOptions = {
  isCommittedOnly: false,
  waitMs: 50,
  requestBytesMax: 1_000_000,
  partitionBytesMax: 100_000,
  prefetchBytesMax: 1_000_000,
}

const at = (partition: number) => ({ topic: 't', partition })

/** A fetcher on a fake cluster, and everything it told. */
class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly cluster: KafkaCluster
  readonly fetcher: Fetcher
  readonly outOfRange: (readonly [number, bigint])[] = []
  readonly remade: string[] = []
  readonly cuts: (readonly [number, bigint, bigint])[] = []
  readonly troubles: unknown[] = []
  #wake: () => void = () => undefined

  constructor(fake: FakeCluster, cluster: KafkaCluster, topic: TopicMetadata, over: Partial<FetchOptions>) {
    this.fake = fake
    this.cluster = cluster
    this.fetcher = new Fetcher(
      cluster,
      { ...options, ...over },
      {
        ready: () => this.#wake(),
        outOfRange: ({ partition }, offset) => this.outOfRange.push([partition, offset]),
        cutOff: ({ partition }, from, to) => this.cuts.push([partition, from, to.offset]),
        remade: (made, formerId) => this.remade.push(`${formerId} to ${made.id}`),
        trouble: (problem) => {
          if (problem !== null) this.troubles.push(problem)
        },
      },
      systemClock,
      seededRandom(1),
    )
    this.fetcher.learn(topic)
  }

  static async start(
    made: { nodes?: number; partitions?: number } = {},
    over: Partial<FetchOptions> = {},
  ): Promise<Rig> {
    const fake = await FakeCluster.start(made)
    const cluster = new KafkaCluster(fake.access)
    const topic = await cluster.topic('t')
    if (topic === undefined) throw new Error('no topic')
    return new Rig(fake, cluster, topic, over)
  }

  async take(): Promise<FetchedSet> {
    for (;;) {
      const set = this.fetcher.take()
      if (set !== undefined) return set
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Values in the order in which they are taken, each with its partition. */
  async values(count: number): Promise<string[]> {
    const values: string[] = []
    while (values.length < count) values.push(...valuesOf(await this.take()))
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fetcher.close()
    this.cluster[Symbol.dispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const valuesOf = (set: FetchedSet): string[] => valuesIn(decodeRecordSet(set))

describe('a fetcher', () => {
  test('follows a leader that moved', async () => {
    await using rig = await Rig.start({ nodes: 2 })
    rig.fake.append(0, ['a'])
    rig.fetcher.start(at(0), 0n)
    expect(await rig.values(1)).toStrictEqual(['a'])
    const [partition] = rig.fake.partitions
    if (partition !== undefined) partition.leader = 1
    rig.fake.append(0, ['b'])
    expect(await rig.values(1)).toStrictEqual(['b'])
    expect(rig.fake.requests.at(-1)).toMatchObject({ name: 'Fetch', node: 1 })
  })

  test.each([
    { says: 'is cut off', mishap: 'cut' as const },
    { says: 'is an error that may pass', mishap: { errorCode: errorCodes.KAFKA_STORAGE_ERROR } },
    { says: 'is an error that may not', mishap: { errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED } },
  ])('asks again when an answer $says', async ({ mishap }) => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a', 'b'])
    let mishaps = 3
    rig.fake.mishap = ({ name }) => (name === 'Fetch' && mishaps-- > 0 ? mishap : undefined)
    rig.fetcher.start(at(0), 0n)
    expect(await rig.values(2)).toStrictEqual(['a', 'b'])
    expect(rig.troubles).toHaveLength(3)
  })

  test('reads ahead no more than it may, over all partitions and for each', async () => {
    const partitions = 4
    const bounds = { prefetchBytesMax: 150_000, partitionBytesMax: 70_000 }
    await using rig = await Rig.start({ partitions }, bounds)
    const value = 'x'.repeat(10_000)
    for (let partition = 0; partition < partitions; partition++) {
      for (let i = 0; i < 100; i++) rig.fake.append(partition, [value])
    }
    for (let partition = 0; partition < partitions; partition++) rig.fetcher.start(at(partition), 0n)
    const fetched = new Map<number, number>()
    let taken = 0
    while (taken < 100 * partitions) {
      const set = await rig.take()
      taken += valuesOf(set).length
      fetched.set(set.partition, (fetched.get(set.partition) ?? 0) + 1)
      // What was served and not taken: what may be read ahead, and a request that was under way.
      const ahead = rig.fake.servedBytes - taken * 10_070
      expect(ahead).toBeLessThan(2 * bounds.prefetchBytesMax)
    }
    expect(fetched.size).toBe(partitions)
  })

  test('takes partitions in turn', async () => {
    await using rig = await Rig.start({ partitions: 3 }, { partitionBytesMax: 500 })
    for (let partition = 0; partition < 3; partition++) {
      for (let i = 0; i < 4; i++) rig.fake.append(partition, ['x'.repeat(400)])
      rig.fetcher.start(at(partition), 0n)
    }
    const order: number[] = []
    while (order.length < 12) order.push((await rig.take()).partition)
    const counts = [0, 1, 2].map((partition) => order.slice(0, 6).filter((each) => each === partition).length)
    expect(Math.max(...counts)).toBeLessThanOrEqual(3)
  })

  test('is not held up by a partition where nothing happens', async () => {
    await using rig = await Rig.start({ partitions: 2 }, { waitMs: 60_000 })
    rig.fetcher.start(at(0), 0n)
    await expect.poll(() => rig.fake.requests.some(({ name }) => name === 'Fetch')).toBe(true)
    rig.fake.append(1, ['busy'])
    rig.fetcher.start(at(1), 0n)
    expect(await rig.values(1)).toStrictEqual(['busy'])
  })

  test('is not held up by many of them either, while one has more than may be read ahead', async () => {
    const partitions = 8
    await using rig = await Rig.start({ partitions }, { waitMs: 60_000, partitionBytesMax: 500 })
    for (let i = 0; i < 20; i++) rig.fake.append(0, ['x'.repeat(600)])
    for (let partition = 0; partition < partitions; partition++) {
      // Some become quiet while the busy one is read.
      for (let i = 0; i < partition; i++) rig.fake.append(partition, ['y'.repeat(600)])
      rig.fetcher.start(at(partition), 0n)
    }
    const taken = Array.from({ length: partitions }, () => 0)
    for (let i = 0; i < 20 + 28; i++) {
      const { partition } = await rig.take()
      taken[partition] = (taken[partition] ?? 0) + 1
      // Requests go out before the next one is taken.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(taken).toStrictEqual([20, 1, 2, 3, 4, 5, 6, 7])
  })

  test('does not ask for a paused partition, and keeps what it has of it', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    rig.fake.append(0, ['kept'])
    rig.fetcher.start(at(0), 0n)
    await expect.poll(() => rig.fetcher.progressOf(at(0))?.queuedSets).toBe(1)
    rig.fetcher.pause(at(0))
    expect(rig.fetcher.take()).toBeUndefined()
    rig.fake.append(1, ['other'])
    rig.fetcher.start(at(1), 0n)
    expect(await rig.values(1)).toStrictEqual(['other'])
    rig.fetcher.resume(at(0))
    expect(await rig.values(1)).toStrictEqual(['kept'])
  })

  test('drops what was under way when a partition is stopped or started elsewhere', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    rig.fake.append(0, ['b'])
    rig.fetcher.start(at(0), 0n)
    rig.fetcher.stop(at(0))
    rig.fetcher.start(at(0), 1n)
    expect(await rig.values(1)).toStrictEqual(['b'])
  })

  test('fetches a damaged set again from where it began', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a', 'b'])
    rig.fetcher.start(at(0), 0n)
    const set = await rig.take()
    rig.fetcher.retake(set, new Error('damaged'))
    expect(await rig.values(2)).toStrictEqual(['a', 'b'])
  })

  test('halts at an offset that is not there until it is told where to go on', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    rig.fetcher.start(at(0), 7n)
    await expect.poll(() => rig.outOfRange).toStrictEqual([[0, 7n]])
    rig.fetcher.continueAt(at(0), 0n)
    expect(await rig.values(1)).toStrictEqual(['a'])
  })

  test('tells of a topic that was made anew, and halts', async () => {
    await using rig = await Rig.start()
    rig.fetcher.start(at(0), 0n)
    rig.fake.topicId = 'GGGGGGGGGGGGGGGGGGGGGA'
    await expect.poll(() => rig.remade).toStrictEqual(['FFFFFFFFFFFFFFFFFFFFFA to GGGGGGGGGGGGGGGGGGGGGA'])
    rig.fake.append(0, ['new'])
    rig.fetcher.continueAt(at(0), 0n)
    expect(await rig.values(1)).toStrictEqual(['new'])
  })

  test('names only what changed where the broker keeps sessions', async () => {
    await using rig = await Rig.start({ partitions: 3 })
    rig.fake.keepsSessions = true
    for (let partition = 0; partition < 3; partition++) rig.fake.append(partition, ['a'])
    for (let partition = 0; partition < 3; partition++) rig.fetcher.start(at(partition), 0n)
    await rig.values(3)
    await expect.poll(() => rig.fake.requests.at(-1)?.partitions).toStrictEqual([])
    const before = rig.fake.requests.length
    rig.fake.append(1, ['b'])
    expect(await rig.values(1)).toStrictEqual(['b'])
    const named = (): readonly (readonly number[])[] =>
      rig.fake.requests.slice(before).map(({ partitions }) => partitions)
    await expect.poll(named).toContainEqual([1])
    expect(named().flat()).toStrictEqual([1])
  })

  test('reads on when the broker forgets its sessions', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    rig.fake.keepsSessions = true
    rig.fetcher.start(at(0), 0n)
    rig.fetcher.start(at(1), 0n)
    const values: string[] = []
    for (let round = 0; round < 5; round++) {
      rig.fake.append(round % 2, [`${round}`])
      values.push(...(await rig.values(1)))
      rig.fake.sessions.clear()
    }
    expect(values).toStrictEqual(['0', '1', '2', '3', '4'])
    expect(rig.troubles).toStrictEqual([])
  })
})
