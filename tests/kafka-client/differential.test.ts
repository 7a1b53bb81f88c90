/**
 * What other clients write, this one reads exactly as Java's does: every offset, time, key, value and header.
 * The seed is printed with a failure; SLUICE_SEED repeats it.
 */
import { openKafka, type RecordView } from 'sluice-kafka-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { type ApacheKafka, startApacheKafka } from '../support/apache-kafka.ts'
import { testFolder } from '../support/folder.ts'
import { describeWith } from '../support/requires.ts'
import { peersIn, readByJava } from './peers/peers.ts'
import { planOf } from './peers/plans.ts'

const seed = Number(process.env['SLUICE_SEED'] ?? 20_261_121)
const partitions = 2

const word = (bytes: Buffer | null): string => (bytes === null ? '-' : `.${bytes.toString('hex')}`)

const lineOf = (partition: number, record: RecordView): string => {
  const headers = record.headers.map(({ key, value }) => `${word(Buffer.from(key))}:${word(value)}`)
  const { offset, timeMs, key, value } = record
  return [partition, offset, timeMs, word(key), word(value), headers.join(',')].join('\t')
}

const byPlace = (a: string, b: string): number => {
  const [partitionA = '', offsetA = ''] = a.split('\t')
  const [partitionB = '', offsetB = ''] = b.split('\t')
  return Number(partitionA) - Number(partitionB) || Number(offsetA) - Number(offsetB)
}

describeWith(['apache-kafka'], 'what other clients wrote', () => {
  const folder = testFolder('peers')
  let broker: ApacheKafka
  let topics = 0

  beforeAll(async () => {
    broker = await startApacheKafka({
      properties: { 'log.cleaner.backoff.ms': 200, 'log.initial.task.delay.ms': 100 },
    })
  })

  afterAll(async () => {
    await broker.stop()
    folder[Symbol.dispose]()
  })

  const newTopic = async (configs: Readonly<Record<string, string>> = {}): Promise<string> => {
    await using kafka = openKafka({ brokers: broker.address })
    const name = `written-${++topics}`
    await kafka.admin().createTopic({ name, partitions, replicationFactor: 1, configs })
    return name
  }

  /** All there is to read of a topic, until both partitions were read to their ends. */
  const readByUs = async (
    topic: string,
    isolation: 'read_committed' | 'read_uncommitted',
  ): Promise<string[]> => {
    await using kafka = openKafka({ brokers: broker.address })
    const ends = (await kafka.admin().topic(topic))?.partitions ?? []
    // Small fetches: sets begin within batches, and end with ones that are cut off.
    const consumer = kafka.consumer({ isolation, waitMs: 50, partitionBytesMax: 30_000 })
    await consumer.assign({ topic }, 'earliest')
    const isAtEnd = (): boolean =>
      consumer.assigned.every(
        ({ partition, position }) => (position ?? -1n) >= (ends[partition]?.latest ?? 0n),
      )
    const ended = new AbortController()
    // Behind the last record there may be markers, which nothing is told of.
    const looking = setInterval(() => {
      if (isAtEnd()) ended.abort()
    }, 20)
    const lines: string[] = []
    try {
      while (!isAtEnd()) {
        using batch = await consumer.next(ended.signal)
        for (const record of batch) lines.push(lineOf(batch.partition, record))
      }
    } catch (error) {
      if (!ended.signal.aborted) throw error
    } finally {
      clearInterval(looking)
    }
    return lines.toSorted(byPlace)
  }

  const expectSame = async (topic: string): Promise<number[]> => {
    const counts: number[] = []
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) {
      const wanted = (await readByJava(broker.address, topic, isolation)).toSorted(byPlace)
      expect(await readByUs(topic, isolation), `${isolation}, seed ${seed}`).toStrictEqual(wanted)
      counts.push(wanted.length)
    }
    return counts
  }

  for (const [index, peer] of peersIn(folder.path).entries()) {
    test(`by ${peer.name}, in every codec, within transactions and without, is read as it is`, async () => {
      const random = seededRandom(seed + index)
      const topic = await newTopic()
      const plan = planOf(random, { ...peer, partitions, records: 1_500, transactions: topic })
      await peer.write(broker.address, topic, plan)
      const [committed = 0, all = 0] = await expectSame(topic)
      expect(all).toBe(1_500)
      expect(committed).toBeLessThan(all)
    })
  }

  test('with times that the broker sets is read as it is', async () => {
    const topic = await newTopic({ 'message.timestamp.type': 'LogAppendTime' })
    for (const [index, peer] of peersIn(folder.path).entries()) {
      const transactions = `${topic}-${index}`
      const plan = planOf(seededRandom(seed + index), { ...peer, partitions, records: 200, transactions })
      await peer.write(broker.address, topic, plan)
    }
    const [, all = 0] = await expectSame(topic)
    expect(all).toBeGreaterThanOrEqual(400)
  })

  test('and a compacted log left of it is read as it is', async () => {
    const topic = await newTopic({
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '300',
      'delete.retention.ms': '0',
      'max.compaction.lag.ms': '300',
    })
    let written = 0
    const write = async (round: number, records: number): Promise<void> => {
      for (const [index, peer] of peersIn(folder.path).entries()) {
        const random = seededRandom(seed + round * 10 + index)
        const transactions = `${topic}-${index}`
        const keys = 30
        await peer.write(
          broker.address,
          topic,
          planOf(random, { ...peer, partitions, records, transactions, keys }),
        )
        written += records
      }
    }
    for (const round of [1, 2]) await write(round, 300)
    const countOf = async (): Promise<number> => (await readByUs(topic, 'read_uncommitted')).length
    await expect.poll(countOf, { timeout: 60_000, interval: 1_000 }).toBeLessThan(written / 4)
    // What the cleaner has not come to yet follows.
    await write(3, 40)
    await expectSame(topic)
  })
})
