/**
 * SIGKILL while producers write: what was acknowledged is there, once, in order, at the offset that was told; and
 * what was not acknowledged is there whole or not at all.
 */
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

const topic = 'kept'
const partitions = 3
const kills = 6

interface Acknowledged {
  readonly value: string
  readonly partition: number
  readonly offset: bigint
}

const base = (broker: BrokerProcess) => ({
  clientId: 'kill',
  bootstrapBrokers: [broker.address],
  retries: 0,
  connectTimeout: 2000,
  requestTimeout: 10_000,
})

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Writes batches to one partition until told to stop; notes what was acknowledged. */
const write = async (
  broker: BrokerProcess,
  partition: number,
  noted: Acknowledged[],
  isOver: () => boolean,
) => {
  let number = 0
  while (!isOver()) {
    const producer = new Producer({ ...base(broker), serializers: stringSerializers })
    producer.on('error', () => undefined)
    try {
      while (!isOver()) {
        const values = Array.from({ length: 20 }, (_, index) => `${partition}:${number + index}`)
        number += values.length
        const messages = values.map((value) => ({ topic, partition, key: 'k', value }))
        const { offsets } = await producer.send({ messages })
        const first = offsets?.[0]?.offset ?? -1n
        noted.push(...values.map((value, index) => ({ value, partition, offset: first + BigInt(index) })))
      }
    } catch {
      // The broker was killed, or is not back yet: what was just sent is not acknowledged.
      await pause(50)
    } finally {
      await producer.close().catch(() => undefined)
    }
  }
}

/** Everything in the topic. */
const readAll = async (broker: BrokerProcess, count: number): Promise<Acknowledged[]> => {
  const consumer = new Consumer({ ...base(broker), groupId: 'check', deserializers: stringDeserializers })
  const seen: Acknowledged[] = []
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 500 })
  for await (const { value, partition, offset } of stream) {
    seen.push({ value, partition, offset })
    if (seen.length === count) break
  }
  await consumer.close(true)
  return seen
}

describe('a broker that is killed again and again', () => {
  test.each([{ durability: 'commit' }, { durability: 'os' }])(
    'keeps everything it acknowledged, in mode $durability',
    async ({ durability }) => {
      const seed = Number(process.env['SLUICE_SEED'] ?? 20_261_121)
      const [delays = []] = fc.sample(
        fc.array(fc.integer({ min: 100, max: 900 }), { minLength: kills, maxLength: kills }),
        {
          seed,
          numRuns: 1,
        },
      )
      await using broker = await startBrokerProcess('--durability', durability)
      const admin = new Admin(base(broker))
      await admin.createTopics({
        topics: [topic],
        partitions,
        replicas: 1,
        configs: [{ name: 'segment.bytes', value: '200000' }],
      })
      await admin.close()
      const noted: Acknowledged[] = []
      let isOver = false
      const writers = Array.from({ length: partitions }, (_, partition) =>
        write(broker, partition, noted, () => isOver),
      )
      for (const delayMs of delays) {
        await pause(delayMs)
        await broker.killAndRestart()
      }
      await pause(500)
      isOver = true
      await Promise.all(writers)
      const ends = new Admin(base(broker))
      const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp: -1n,
      }))
      const listed = await ends.listOffsets({ topics: [{ name: topic, partitions: asked }] })
      await ends.close()
      const total = (listed[0]?.partitions ?? []).reduce((sum, each) => sum + Number(each.offset), 0)
      const seen = await readAll(broker, total)
      const byPlace = new Map(seen.map((each) => [`${each.partition}@${each.offset}`, each.value]))
      const lost = noted.filter((each) => byPlace.get(`${each.partition}@${each.offset}`) !== each.value)
      expect(noted.length, `seed ${seed}`).toBeGreaterThan(100)
      expect(lost.slice(0, 5), `seed ${seed}`).toEqual([])
      expect(byPlace.size).toBe(total)
    },
  )
})
