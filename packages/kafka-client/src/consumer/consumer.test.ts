import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../cluster/fake-cluster.suite.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions, Gap } from './consumer-options.ts'

/** A consumer on a fake cluster. */
class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly consumer: Consumer

  constructor(fake: FakeCluster, options: ConsumerOptions) {
    this.fake = fake
    this.consumer = new Consumer(new KafkaCluster(fake.access), options, systemClock, seededRandom(1))
  }

  static async start(
    made: { nodes?: number; partitions?: number } = {},
    options: ConsumerOptions = {},
  ): Promise<Rig> {
    return new Rig(await FakeCluster.start(made), { waitMs: 50, ...options })
  }

  /** So many values in the order in which they come, each with its place. */
  async values(count: number): Promise<string[]> {
    const values: string[] = []
    while (values.length < count) {
      using batch = await this.consumer.next()
      for (const record of batch) values.push(`${batch.partition}/${record.offset}=${record.valueText}`)
    }
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer[Symbol.asyncDispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const t = { topic: 't' }

describe('a consumer', () => {
  test.each([
    { says: 'the first record', start: 'earliest' as const, values: ['0/0=a', '0/1=b', '0/2=c'] },
    { says: 'an offset', start: { offset: 1n }, values: ['0/1=b', '0/2=c'] },
    { says: 'the end', start: 'latest' as const, values: ['0/2=c'] },
    { says: 'the end, for a time after the last record', start: { timeMs: 9e12 }, values: ['0/2=c'] },
  ])('starts at $says', async ({ start, values }) => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    rig.fake.append(0, ['b'])
    await rig.consumer.assign(t, start)
    rig.fake.append(0, ['c'])
    expect(await rig.values(values.length)).toStrictEqual(values)
  })

  test('tells where it is', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    rig.fake.append(1, ['a', 'b'])
    await rig.consumer.assign({ ...t, partitions: [1] }, 'earliest')
    expect(rig.consumer.assigned).toStrictEqual([
      { topic: 't', partition: 1, position: 0n, end: null, isPaused: false },
    ])
    await rig.values(2)
    expect(rig.consumer.assigned).toMatchObject([{ partition: 1, position: 2n, end: 2n }])
  })

  test('goes on from where it is sent, and drops what it read ahead', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    rig.fake.append(0, ['b'])
    await rig.consumer.assign(t, 'earliest')
    expect(await rig.values(2)).toStrictEqual(['0/0=a', '0/1=b'])
    await rig.consumer.seek(t, { offset: 1n })
    expect(await rig.values(1)).toStrictEqual(['0/1=b'])
    await rig.consumer.seek({ ...t, partitions: [0] }, 'earliest')
    expect(await rig.values(2)).toStrictEqual(['0/0=a', '0/1=b'])
  })

  test('gives nothing of a paused partition, also when it was moved meanwhile', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    await rig.consumer.assign(t, 'earliest')
    rig.consumer.pause({ ...t, partitions: [0] })
    rig.fake.append(0, ['kept'])
    rig.fake.append(1, ['other'])
    expect(await rig.values(1)).toStrictEqual(['1/0=other'])
    await rig.consumer.seek({ ...t, partitions: [0] }, 'earliest')
    rig.fake.append(1, ['more'])
    expect(await rig.values(1)).toStrictEqual(['1/1=more'])
    rig.consumer.resume(t)
    expect(await rig.values(1)).toStrictEqual(['0/0=kept'])
  })

  test('reads no more of what is unassigned', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    await rig.consumer.assign(t, 'earliest')
    rig.consumer.unassign({ ...t, partitions: [0] })
    rig.fake.append(0, ['a'])
    rig.fake.append(1, ['b'])
    expect(await rig.values(1)).toStrictEqual(['1/0=b'])
    await expect(rig.consumer.seek({ ...t, partitions: [0, 1] }, 'earliest')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
  })

  test('fails where an offset is gone, and goes on from where it is sent then', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    await rig.consumer.assign(t, { offset: 7n })
    await expect(rig.consumer.next()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', advice: 'seek' })
    await rig.consumer.seek(t, 'earliest')
    expect(await rig.values(1)).toStrictEqual(['0/0=a'])
  })

  test.each([
    { onOutOfRange: 'earliest' as const, to: 0n, values: ['0/0=a', '0/1=b'] },
    { onOutOfRange: 'latest' as const, to: 1n, values: ['0/1=b'] },
  ])('goes on at the $onOutOfRange offset where it may, and tells', async ({ onOutOfRange, to, values }) => {
    const gaps: Gap[] = []
    await using rig = await Rig.start({}, { onOutOfRange, onGap: (gap) => gaps.push(gap) })
    rig.fake.append(0, ['a'])
    await rig.consumer.assign(t, { offset: 7n })
    await expect.poll(() => gaps).toHaveLength(1)
    rig.fake.append(0, ['b'])
    expect(await rig.values(values.length)).toStrictEqual(values)
    expect(gaps).toStrictEqual([
      { topic: 't', partition: 0, from: 7n, to, because: 'the offset is not there' },
    ])
  })

  test('throws what waiting does not mend, and goes on when it is mended', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    rig.fake.mishap = ({ name }) =>
      name === 'Fetch' ? { errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED } : undefined
    await rig.consumer.assign(t, 'earliest')
    await expect(rig.consumer.next()).rejects.toMatchObject({ code: 'NOT_AUTHORIZED', about: 't/0' })
    rig.fake.mishap = () => undefined
    await expect.poll(() => rig.values(1).catch(() => [])).toStrictEqual(['0/0=a'])
  })

  test('waits through what may pass, and tells of it and of its end', async () => {
    const told: (string | null)[] = []
    await using rig = await Rig.start({}, { onTrouble: (problem) => told.push(problem?.code ?? null) })
    rig.fake.append(0, ['a'])
    let mishaps = 2
    rig.fake.mishap = ({ name }) => (name === 'Fetch' && mishaps-- > 0 ? 'cut' : undefined)
    await rig.consumer.assign(t, 'earliest')
    expect(await rig.values(1)).toStrictEqual(['0/0=a'])
    expect(told).toStrictEqual(['CONNECTION_LOST', 'CONNECTION_LOST', null])
  })

  test('fails for damage that stays, with the offset, and can be sent past it', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['whole'])
    rig.fake.append(0, ['damaged'])
    rig.fake.append(0, ['after'])
    rig.fake.partitions[0]?.batches[1]?.writeUInt8(0xff, 65)
    await rig.consumer.assign({ ...t, partitions: [0] }, { offset: 1n })
    await expect(rig.consumer.next()).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      about: 't/0 at offset 1',
    })
    await rig.consumer.seek(t, { offset: 2n })
    expect(await rig.values(1)).toStrictEqual(['0/2=after'])
  })

  test.each([
    { says: 'a topic', target: { topic: 'other', partitions: [0] } },
    { says: 'a partition', target: { topic: 't', partitions: [0, 9] } },
  ])('refuses $says that is not there', async ({ target }) => {
    await using rig = await Rig.start()
    await expect(rig.consumer.assign(target, 'earliest')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
  })

  test('holds no more than it may: who takes batch after batch waits until one is released', async () => {
    await using rig = await Rig.start({}, { heldBytesMax: 30_000, partitionBytesMax: 15_000 })
    for (let i = 0; i < 6; i++) rig.fake.append(0, ['x'.repeat(14_000)])
    await rig.consumer.assign(t, 'earliest')
    const held = [await rig.consumer.next(), await rig.consumer.next(), await rig.consumer.next()]
    const fourth = rig.consumer.next()
    const isGiven = (): Promise<boolean> => Promise.race([fourth.then(() => true), Promise.resolve(false)])
    await expect.poll(() => rig.fake.servedBytes).toBeGreaterThan(4 * 14_000)
    expect(await isGiven()).toBe(false)
    held[1]?.release()
    held[1]?.release()
    expect((await fourth).firstOffset).toBe(3n)
    const fifth = rig.consumer.next(AbortSignal.timeout(50))
    await expect(fifth).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test.each([
    { says: 'may pass', errorCode: errorCodes.LEADER_NOT_AVAILABLE },
    { says: 'may not', errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED },
    { says: 'asks for another position', errorCode: errorCodes.OFFSET_OUT_OF_RANGE },
  ])('reads other partitions while one has an error that $says', async ({ errorCode }) => {
    await using rig = await Rig.start({ partitions: 2 })
    rig.fake.mishap = ({ name }) => (name === 'Fetch' ? { errorCode, partition: 0 } : undefined)
    await rig.consumer.assign(t, 'earliest')
    for (let round = 0; round < 5; round++) {
      rig.fake.append(1, [`${round}`])
      await expect.poll(() => rig.values(1).catch(() => [])).toStrictEqual([`1/${round}=${round}`])
    }
  })

  test('reads on while nobody says who leads a partition without a leader', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    await rig.consumer.assign(t, 'earliest')
    const [partition] = rig.fake.partitions
    if (partition !== undefined) partition.leader = -1
    rig.fake.mishap = ({ name }) => (name === 'Metadata' ? 'silence' : undefined)
    for (let round = 0; round < 3; round++) {
      rig.fake.append(1, [`${round}`])
      expect(await rig.values(1)).toStrictEqual([`1/${round}=${round}`])
    }
    expect(rig.fake.requests.filter(({ name }) => name === 'Metadata').length).toBeLessThan(6)
  })

  test('gives each batch to one of those who wait', async () => {
    await using rig = await Rig.start({ partitions: 2 })
    await rig.consumer.assign(t, 'earliest')
    const waiting = [rig.consumer.next(), rig.consumer.next()]
    rig.fake.append(0, ['a'])
    rig.fake.append(1, ['b'])
    const batches = await Promise.all(waiting)
    expect(new Set(batches.map(({ partition }) => partition))).toStrictEqual(new Set([0, 1]))
  })

  test('ends its loop when it is closed, and releases batch after batch', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    await rig.consumer.assign(t, 'earliest')
    const seen: boolean[] = []
    let former: { readonly isReleased: boolean } | undefined
    for await (const batch of rig.consumer) {
      seen.push(former?.isReleased ?? true, batch.isReleased)
      former = batch
      if (seen.length < 6) rig.fake.append(0, ['more'])
      else void rig.consumer[Symbol.asyncDispose]()
    }
    expect(seen).toStrictEqual([true, false, true, false, true, false])
    expect(former?.isReleased).toBe(true)
    await expect(rig.consumer.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('stops waiting when its signal says so', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    const stopped = new AbortController()
    const waiting = rig.consumer.next(stopped.signal)
    stopped.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})

describe('a record', () => {
  test('is a view until its batch is released, and a copy for ever', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a', 'b'])
    await rig.consumer.assign(t, 'earliest')
    const batch = await rig.consumer.next()
    const view = batch.at(1)
    expect([view.offset, view.timeMs, view.keyText, view.value?.toString()]).toStrictEqual([
      1n,
      1_000,
      null,
      'b',
    ])
    expect(view.value?.buffer).toBe(batch.at(0).value?.buffer)
    const copy = view.copy()
    expect(copy.value?.buffer).not.toBe(view.value?.buffer)
    batch.release()
    expect(() => view.value).toThrow('a record of t/0 was used too late: its batch was released')
    expect(() => view.offset).toThrow(/too late/)
    expect(() => batch.copy()).toThrow(/too late/)
    expect(copy).toStrictEqual({
      topic: 't',
      partition: 0,
      offset: 1n,
      timeMs: 1_000,
      key: null,
      value: Buffer.from('b'),
      headers: [],
    })
    expect(batch.nextOffset).toBe(2n)
    expect(batch.sizeBytes).toBe(0)
  })

  test('is not there beyond the batch', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, ['a'])
    await rig.consumer.assign(t, 'earliest')
    const batch = await rig.consumer.next()
    expect(() => batch.at(1)).toThrow(RangeError)
    expect(() => batch.at(-1)).toThrow(RangeError)
  })
})
