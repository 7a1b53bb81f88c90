import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../cluster/fake-cluster.suite.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Delivery } from './delivery.ts'
import { Producer } from './producer.ts'
import type { ProducerOptions } from './producer-options.ts'

const options: ProducerOptions = {
  acks: 'all',
  compression: 'none',
  batchBytes: 1_000,
  lingerMs: 0,
  deliveryTimeoutMs: 30_000,
}

/** Errors that pass, after which the batch is not taken. */
const passing = [
  errorCodes.NOT_ENOUGH_REPLICAS,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.REQUEST_TIMED_OUT,
]

/** Time that passes faster, so that back-off need not be waited for. */
const quickClock: Clock = {
  now: () => systemClock.now() * 40,
  sleep: (ms, signal) => systemClock.sleep(ms / 40, signal),
}

class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly cluster: KafkaCluster
  readonly producer: Producer

  constructor(fake: FakeCluster, over: Partial<ProducerOptions>) {
    this.fake = fake
    this.cluster = new KafkaCluster(fake.access)
    this.producer = new Producer(this.cluster, { ...options, ...over }, quickClock, seededRandom(1))
  }

  static async start(
    made: { nodes?: number; partitions?: number } = {},
    over: Partial<ProducerOptions> = {},
  ): Promise<Rig> {
    const rig = new Rig(await FakeCluster.start(made), over)
    await rig.producer.prepare('t')
    return rig
  }

  /** Sends values to partition 0; resolves to those that were refused. */
  async send(values: readonly string[]): Promise<string[]> {
    const refused: string[] = []
    const delivery = new Delivery({ refused: (index) => refused.push(values[index] ?? '') })
    for (const [index, value] of values.entries()) {
      this.producer.add('t', 0, null, Buffer.from(value), 1_000, [], delivery, index)
    }
    await delivery.done()
    return refused
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.producer[Symbol.dispose]()
    this.cluster[Symbol.dispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `value ${from + i}`)

/** Something goes wrong with every n-th Produce. */
const every = (rig: Rig, nth: number, mishap: 'cut' | { errorCode: number }): void => {
  let produced = 0
  rig.fake.mishap = ({ name }) => (name === 'Produce' && ++produced % nth === 0 ? mishap : undefined)
}

describe('a producer', () => {
  test.each([
    { says: 'answers are lost after the records were taken', mishap: 'cut' as const },
    { says: 'the disk fails for a moment', mishap: { errorCode: errorCodes.KAFKA_STORAGE_ERROR } },
    { says: 'replicas are missing for a moment', mishap: { errorCode: errorCodes.NOT_ENOUGH_REPLICAS } },
  ])('writes everything once and in order when $says', async ({ mishap }) => {
    await using rig = await Rig.start()
    every(rig, 3, mishap)
    const values = numbered(300)
    expect(await rig.send(values)).toStrictEqual([])
    expect(rig.fake.valuesOf(0)).toStrictEqual(values)
  })

  test.each([1, 2, 3, 4])(
    'writes everything once and in order through mishaps of all kinds (seed %i)',
    async (seed) => {
      await using rig = await Rig.start({}, { batchBytes: 120, deliveryTimeoutMs: 10_000_000 })
      const random = seededRandom(seed)
      const kinds = ['cut', ...passing.map((errorCode) => ({ errorCode }))] as const
      rig.fake.mishap = ({ name }) =>
        name === 'Produce' && random() < 0.2 ? kinds[Math.floor(random() * kinds.length)] : undefined
      const values = numbered(1_000)
      expect(await rig.send(values)).toStrictEqual([])
      expect(rig.fake.valuesOf(0)).toStrictEqual(values)
    },
  )

  test('has five batches of a partition under way, but no more', async () => {
    await using rig = await Rig.start({}, { batchBytes: 120 })
    await rig.send(numbered(1))
    const produced = (): number => rig.fake.requests.filter(({ name }) => name === 'Produce').length
    rig.fake.mishap = ({ name }) => (name === 'Produce' ? 'silence' : undefined)
    rig.send(numbered(100)).catch(() => undefined)
    await expect.poll(produced, { timeout: 5_000 }).toBe(6)
  })

  test('follows a leader that moved', async () => {
    await using rig = await Rig.start({ nodes: 2 })
    await rig.send(numbered(1))
    const [partition] = rig.fake.partitions
    if (partition !== undefined) partition.leader = 1
    await rig.send(numbered(1, 1))
    expect(rig.fake.valuesOf(0)).toStrictEqual(numbered(2))
  })

  test('begins anew under the next epoch where the broker knows another end, and writes nothing twice', async () => {
    await using rig = await Rig.start()
    await rig.send(numbered(2))
    for (const [id, state] of rig.fake.partitions[0]?.sequences ?? [])
      rig.fake.partitions[0]?.sequences.set(id, { ...state, next: 1, last: [] })
    await rig.send(numbered(200, 2))
    expect(rig.fake.valuesOf(0)).toStrictEqual(numbered(202))
    expect(rig.fake.producerIds).toBe(1n)
    expect([...(rig.fake.partitions[0]?.sequences.values() ?? [])].map(({ epoch }) => epoch)).toEqual([1])
  })

  test('gives up after its time, and goes on later under the next epoch', async () => {
    await using rig = await Rig.start({}, { deliveryTimeoutMs: 2_000 })
    await rig.send(numbered(1))
    rig.fake.mishap = ({ name }) =>
      name === 'Produce' ? { errorCode: errorCodes.NOT_ENOUGH_REPLICAS } : undefined
    await expect(rig.send(['never'])).rejects.toThrow('NOT_ENOUGH_REPLICAS')
    rig.fake.mishap = () => undefined
    await rig.send(numbered(1, 1))
    expect(rig.fake.valuesOf(0)).toStrictEqual(numbered(2))
  })

  test('fails rather than write twice where nobody knows whether it was written', async () => {
    await using rig = await Rig.start({}, { deliveryTimeoutMs: 2_000 })
    await rig.send(numbered(1))
    let isFirst = true
    rig.fake.mishap = ({ name }) => {
      if (name !== 'Produce') return undefined
      const mishap = isFirst ? 'cut' : { errorCode: errorCodes.NOT_ENOUGH_REPLICAS }
      isFirst = false
      return mishap
    }
    await expect(rig.send(['written, but who knows'])).rejects.toThrow('NOT_ENOUGH_REPLICAS')
    rig.fake.mishap = () => undefined
    await rig.send(['after'])
    expect(rig.fake.valuesOf(0)).toStrictEqual(['value 0', 'written, but who knows', 'after'])
  })

  test('lets records linger for their batch, but not when it is flushed', async () => {
    await using rig = await Rig.start({}, { lingerMs: 10_000_000 })
    const refused: number[] = []
    const delivery = new Delivery({ refused: (index) => refused.push(index) })
    for (const index of [0, 1]) rig.producer.add('t', 0, null, Buffer.from('x'), 1, [], delivery, index)
    expect(rig.producer.bufferedBytes).toBeGreaterThan(0)
    await rig.producer.flush()
    await delivery.done()
    expect(rig.fake.valuesOf(0)).toStrictEqual(['x', 'x'])
    expect(rig.producer.bufferedBytes).toBe(0)
  })

  test('tells that it is full, and when there is room again', async () => {
    await using rig = await Rig.start({}, { bufferBytes: 2_000 })
    const delivery = new Delivery({ refused: () => undefined })
    let added = 0
    while (!rig.producer.isFull) rig.producer.add('t', 0, null, Buffer.alloc(100), 1, [], delivery, added++)
    expect(added).toBeLessThan(20)
    await rig.producer.ready()
    expect(rig.producer.isFull).toBe(false)
    await delivery.done()
    expect(rig.fake.valuesOf(0)).toHaveLength(added)
  })

  test('goes on after a record that cannot be written down', async () => {
    await using rig = await Rig.start()
    const delivery = new Delivery({ refused: () => undefined })
    expect(() => rig.producer.add('t', 0, null, null, 0.5, [], delivery, 0)).toThrow(RangeError)
    await rig.producer.flush()
    await rig.send(numbered(1))
    expect(rig.fake.valuesOf(0)).toStrictEqual(numbered(1))
  })

  test('spreads records without a key over all partitions, a full batch at a time', async () => {
    await using rig = await Rig.start({ partitions: 4 }, { batchBytes: 1_000 })
    const delivery = new Delivery({ refused: () => undefined })
    for (let i = 0; i < 4_000; i++) rig.producer.add('t', null, null, Buffer.alloc(90), 1, [], delivery, i)
    await delivery.done()
    const counts = rig.fake.partitions.map((_, partition) => rig.fake.valuesOf(partition).length)
    for (const count of counts) expect(count).toBeGreaterThan(800)
    // Ten of them fill a batch.
    const batches = rig.fake.partitions.reduce((sum, each) => sum + each.batches.length, 0)
    expect(batches).toBeLessThan(450)
  })

  test('tells when a batch is held up for long', async () => {
    const told: string[] = []
    await using rig = await Rig.start({}, { onHeldUp: (problem) => told.push(problem.message) })
    let mishaps = 9
    rig.fake.mishap = ({ name }) =>
      name === 'Produce' && mishaps-- > 0 ? { errorCode: errorCodes.NOT_ENOUGH_REPLICAS } : undefined
    await rig.send(['late'])
    expect(told).toStrictEqual(['t/0: NOT_ENOUGH_REPLICAS'])
    expect(rig.fake.valuesOf(0)).toStrictEqual(['late'])
  })

  test('fails at once for what waiting does not mend, and can go on', async () => {
    await using rig = await Rig.start()
    rig.fake.mishap = ({ name }) =>
      name === 'Produce' ? { errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED } : undefined
    await expect(rig.send(['forbidden'])).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED')
    rig.fake.mishap = () => undefined
    await rig.send(['allowed'])
    expect(rig.fake.valuesOf(0)).toStrictEqual(['allowed'])
  })

  test('fails at once where it gets no producer id, and asks again for the next records', async () => {
    await using rig = await Rig.start()
    rig.fake.mishap = ({ name }) =>
      name === 'InitProducerId' ? { errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED } : undefined
    await expect(rig.send(['forbidden'])).rejects.toThrow('CLUSTER_AUTHORIZATION_FAILED')
    rig.fake.mishap = () => undefined
    await rig.send(['allowed'])
    expect(rig.fake.valuesOf(0)).toStrictEqual(['allowed'])
  })

  test('leaves out the records that the broker names as wrong', async () => {
    await using rig = await Rig.start()
    let isFirst = true
    rig.fake.mishap = ({ name }) => {
      if (name !== 'Produce' || !isFirst) return undefined
      isFirst = false
      return { errorCode: errorCodes.INVALID_RECORD, recordErrors: [1, 3] }
    }
    expect(await rig.send(numbered(5))).toStrictEqual(['value 1', 'value 3'])
    expect(rig.fake.valuesOf(0)).toStrictEqual(['value 0', 'value 2', 'value 4'])
  })

  test('splits a batch that is too large until the broker takes it', async () => {
    await using rig = await Rig.start()
    let refusals = 3
    rig.fake.mishap = ({ name }) =>
      name === 'Produce' && refusals-- > 0 ? { errorCode: errorCodes.MESSAGE_TOO_LARGE } : undefined
    const values = numbered(16)
    expect(await rig.send(values)).toStrictEqual([])
    expect(rig.fake.valuesOf(0)).toStrictEqual(values)
  })

  test('puts records of many senders into few requests', async () => {
    await using rig = await Rig.start({}, { batchBytes: 100_000 })
    const values = numbered(500)
    await Promise.all(values.map((value) => rig.send([value])))
    expect(rig.fake.valuesOf(0)).toStrictEqual(values)
    expect(rig.fake.requests.filter(({ name }) => name === 'Produce').length).toBeLessThan(10)
  })

  test('tells whoever waits when it is closed', async () => {
    const rig = await Rig.start()
    rig.fake.mishap = ({ name }) => (name === 'Produce' ? 'silence' : undefined)
    const sending = rig.send(['x'])
    sending.catch(() => undefined)
    await expect.poll(() => rig.fake.requests.some(({ name }) => name === 'Produce')).toBe(true)
    await rig[Symbol.asyncDispose]()
    await expect(sending).rejects.toThrow(/closed/)
  })
})
