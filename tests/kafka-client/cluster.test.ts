/** What a consumer promises of several nodes of Apache Kafka: it reads from the near one, and notices a log that was cut off. */
import { type Gap, openKafka } from 'sluice-kafka-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWire } from '../../packages/kafka-client/src/connection/open-wire.ts'
import type { OpenWire } from '../../packages/kafka-client/src/connection/wire.ts'
import { clientOf, newTopic, produce, type TestBroker } from '../kafka/brokers.ts'
import { type ApacheCluster, startApacheCluster } from '../support/apache-cluster.ts'
import { describeWith } from '../support/requires.ts'

const selector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

const numbered = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${what} ${i}`)

describeWith(['apache-kafka'], 'a consumer, of three nodes', () => {
  let cluster: ApacheCluster
  let broker: TestBroker

  beforeAll(async () => {
    const properties = { 'replica.selector.class': selector }
    cluster = await startApacheCluster({ rackOf: (id) => `rack-${id}`, properties })
    broker = {
      address: cluster.address,
      crash: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  })
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const nodeOf = (id: number): ApacheCluster['nodes'][number] => {
    const node = cluster.nodes[id - 1]
    if (node === undefined) throw new Error(`There is no node ${id}`)
    return node
  }

  test('reads from the replica in its rack, and from the leaders while that is down', async () => {
    const asked: number[] = []
    const watched: OpenWire = async (address, options) => {
      const wire = await openWire(address, options)
      return {
        get isOpen() {
          return wire.isOpen
        },
        close: (problem) => wire.close(problem),
        send: (message, version, value, hasNoResponse) => {
          if (message.name === 'Fetch') asked.push(address.port)
          return wire.send(message, version, value, hasNoResponse)
        },
      }
    }
    const topic = await newTopic(broker, { partitions: 3, replicationFactor: 3 })
    await using kafka = openKafka({ brokers: cluster.address, rackId: 'rack-2', openWire: watched })
    const consumer = kafka.consumer({ waitMs: 100 })
    await consumer.assign({ topic }, 'earliest')
    const round = async (what: string): Promise<void> => {
      const seen: string[] = []
      for (const partition of [0, 1, 2])
        await produce(broker, topic, numbered(`${what} ${partition}`, 5), { partition })
      while (seen.length < 15) {
        using batch = await consumer.next(AbortSignal.timeout(60_000))
        for (const record of batch) seen.push(record.valueText ?? 'null')
      }
      expect(seen.toSorted()).toEqual([0, 1, 2].flatMap((partition) => numbered(`${what} ${partition}`, 5)))
    }
    await round('first')
    await round('second')
    asked.length = 0
    await round('third')
    expect(new Set(asked)).toEqual(new Set([nodeOf(2).port]))
    await nodeOf(2).kill()
    await round('without')
    await nodeOf(2).restart()
    await round('again')
  })

  test('goes on where the log was cut off by a leader that was behind, and tells', async () => {
    const configs = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' }
    const topic = await newTopic(broker, { replicationFactor: 2, configs })
    await using admin = await clientOf(broker).admin()
    await using kafka = openKafka({ brokers: cluster.address })
    const gaps: Gap[] = []
    const consumer = kafka.consumer({ waitMs: 100, onOutOfRange: 'latest', onGap: (gap) => gaps.push(gap) })
    await consumer.assign({ topic }, 'earliest')
    const read = async (count: number): Promise<string[]> => {
      const seen: string[] = []
      while (seen.length < count) {
        using batch = await consumer.next(AbortSignal.timeout(90_000))
        for (const record of batch) seen.push(record.valueText ?? 'null')
      }
      return seen
    }
    await produce(broker, topic, numbered('both', 10))
    expect(await read(10)).toEqual(numbered('both', 10))
    const partition = async () => (await admin.topic(topic))?.partitions[0]
    const leader = (await partition())?.leader ?? -1
    const follower = (await partition())?.replicas.find((id) => id !== leader) ?? -1
    await nodeOf(follower).kill()
    const inSync = async (): Promise<number> => (await partition())?.inSyncReplicas.length ?? 0
    await expect.poll(inSync, { timeout: 60_000, interval: 200 }).toBe(1)
    await produce(broker, topic, numbered('lost', 10))
    expect(await read(10)).toEqual(numbered('lost', 10))
    await nodeOf(leader).kill()
    await nodeOf(follower).restart()
    await produce(broker, topic, numbered('new', 15))
    expect(await read(15)).toEqual(numbered('new', 15))
    expect(gaps).toEqual([{ topic, partition: 0, from: 20n, to: 10n, because: 'the log was cut off' }])
    await nodeOf(leader).restart()
  })
})
