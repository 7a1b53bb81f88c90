import { compressionIds } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../cluster/fake-cluster.suite.ts'
import { compress } from '../compression/codecs.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Consumer } from './consumer.ts'
import type { FetchedBatch } from './fetched-batch.ts'

const t = { topic: 't' }
const random = seededRandom(7)

/** So long that it is decompressed beside the event loop, also when it is compressed. */
const longText = (name: string): string =>
  `${name} ${Array.from({ length: 20_000 }, () => random().toString(36).slice(2, 10)).join('')}`

const by = (codec: 'gzip' | 'zstd') => ({
  id: compressionIds[codec],
  compress: (bytes: Buffer) => compress(codec, bytes),
})

/** A consumer of sets that hold one batch each. */
class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly consumer: Consumer

  constructor(fake: FakeCluster) {
    this.fake = fake
    const options = { waitMs: 50, partitionBytesMax: 1_000 }
    this.consumer = new Consumer(new KafkaCluster(fake.access), options, systemClock, seededRandom(1))
  }

  static async start(): Promise<Rig> {
    return new Rig(await FakeCluster.start())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer[Symbol.asyncDispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const nameOf = (batch: FetchedBatch): string => batch.at(0).valueText?.split(' ')[0] ?? ''

describe('what is decompressed beside the event loop', () => {
  test.each(['gzip', 'zstd'] as const)('comes whole and in order, whoever takes it (%s)', async (codec) => {
    await using rig = await Rig.start()
    const values = ['0', '1', '2', '3', '4', '5'].map((name) =>
      Number(name) % 3 === 2 ? name : longText(name),
    )
    for (const value of values) rig.fake.append(0, [value], by(codec))
    await rig.consumer.assign(t, 'earliest')
    const seen: string[] = []
    const take = async (): Promise<void> => {
      using batch = await rig.consumer.next()
      seen.push(batch.at(0).valueText ?? '')
    }
    await Promise.all(values.map(take))
    expect(seen.map((value) => [value.split(' ')[0], value.length])).toStrictEqual(
      values.map((value) => [value.split(' ')[0], value.length]),
    )
  })

  test('is kept while its partition is paused', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, [longText('first')], by('gzip'))
    rig.fake.append(0, ['second'])
    await rig.consumer.assign(t, 'earliest')
    await expect.poll(() => rig.fake.requests.some(({ name }) => name === 'Fetch')).toBe(true)
    const taken: string[] = []
    const first = rig.consumer.next().then((batch) => taken.push(nameOf(batch)))
    // Whenever the set comes, it is not given.
    rig.consumer.pause(t)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(taken).toStrictEqual([])
    rig.consumer.resume(t)
    await first
    taken.push(nameOf(await rig.consumer.next()))
    expect(taken).toStrictEqual(['first', 'second'])
  })

  test('is paused in time also when it was begun', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, [longText('first')], by('gzip'))
    await rig.consumer.assign(t, 'earliest')
    await expect.poll(() => rig.consumer.assigned[0]?.end).toBe(1n)
    const taken: string[] = []
    const first = rig.consumer.next().then((batch) => taken.push(nameOf(batch)))
    rig.consumer.pause(t)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(taken).toStrictEqual([])
    rig.consumer.resume(t)
    await first
    expect(taken).toStrictEqual(['first'])
  })

  test('is dropped where reading goes on elsewhere meanwhile', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, [longText('first')], by('gzip'))
    rig.fake.append(0, ['second'])
    await rig.consumer.assign(t, 'earliest')
    await expect.poll(() => rig.consumer.assigned[0]?.end).toBe(2n)
    const next = rig.consumer.next()
    rig.consumer.unassign(t)
    await rig.consumer.assign(t, { offset: 1n })
    expect(nameOf(await next)).toBe('second')
  })

  test('is told where it is damaged', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, [longText('first')], { id: compressionIds.gzip, compress: (bytes) => bytes })
    await rig.consumer.assign(t, 'earliest')
    await expect(rig.consumer.next()).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      about: 't/0 at offset 0',
    })
  })

  test('is waited for no longer when the consumer is closed', async () => {
    await using rig = await Rig.start()
    rig.fake.append(0, [longText('first')], by('gzip'))
    await rig.consumer.assign(t, 'earliest')
    await expect.poll(() => rig.consumer.assigned[0]?.end).toBe(1n)
    const next = rig.consumer.next()
    await rig.consumer[Symbol.asyncDispose]()
    await expect(next).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

test.each([
  { passedMs: 20, turns: true },
  { passedMs: 19, turns: false },
])(
  'after $passedMs ms the event loop has its turn though there is something to take: $turns',
  async (each) => {
    await using fake = await FakeCluster.start({ partitions: 2 })
    let nowMs = 0
    const clock = { ...systemClock, now: () => nowMs }
    await using consumer = new Consumer(new KafkaCluster(fake.access), { waitMs: 50 }, clock, seededRandom(1))
    for (const partition of [0, 1]) fake.append(partition, ['read ahead'])
    await consumer.assign(t, 'earliest')
    await expect.poll(() => consumer.assigned.map(({ end }) => end)).toStrictEqual([1n, 1n])
    await consumer.next()
    let hasTurned = false
    setImmediate(() => {
      hasTurned = true
    })
    nowMs += each.passedMs
    await consumer.next()
    expect(hasTurned).toBe(each.turns)
  },
)
