/** What only Apache Kafka has yet: transactions, the new group protocol, SASL. */
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import type { KafkaAccess } from '../../packages/sluice/src/flow/connector.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { type ApacheKafka, startApacheKafka } from '../support/apache-kafka.ts'
import { freePorts } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { newTopic, openSource, produce, type TestBroker, uniqueName } from './brokers.ts'
import { type Positions, Reading } from './reading.ts'

const testBroker = (kafka: ApacheKafka): TestBroker => ({
  address: kafka.address,
  crash: () => kafka.restart(),
  [Symbol.asyncDispose]: () => kafka.stop(),
})

describeWith(['apache-kafka'], 'reading committed records of Apache Kafka', () => {
  let broker: TestBroker
  beforeAll(async () => {
    broker = testBroker(await startApacheKafka())
  })
  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
  })

  /** Writes transactions of one producer, each of one value; a value with `!` is aborted. */
  const transact = async (topic: string, values: readonly string[]): Promise<void> => {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
    const producer = kafka.producer({
      transactionalId: uniqueName('tx'),
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    for (const value of values) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await (value.includes('!') ? transaction.abort() : transaction.commit())
    }
    await producer.disconnect()
  }

  test('leaves out every aborted transaction, also two of one producer in one fetch', async () => {
    const topic = await newTopic(broker)
    await transact(topic, ['a!', 'b', 'c!', 'd!', 'e'])
    await using session = await openSource(broker, { topic })
    const reading = new Reading(session)
    await reading.read(2)
    await reading.untilIdle()
    expect(reading.values).toStrictEqual(['b', 'e'])
  })

  test('shares partitions by the new group protocol, and takes over without a gap or a repeat', async () => {
    const topic = await newTopic(broker, { partitions: 4 })
    for (const partition of [0, 1, 2, 3]) await produce(broker, topic, [`a${partition}`], { partition })
    const positions: Positions = new Map()
    const options = { topic, group_protocol: 'consumer' }
    const pipeline = uniqueName('p')
    const first = new Reading(await openSource(broker, options, pipeline), positions)
    await first.read(4)
    const second = new Reading(await openSource(broker, options, pipeline), positions)
    let isShared = false
    while (!isShared) {
      await Promise.all([first.step(), second.step()])
      isShared = first.lanes.size === 2 && second.lanes.size === 2
    }
    for (const partition of [0, 1, 2, 3]) await produce(broker, topic, [`b${partition}`], { partition })
    while (first.records.length + second.records.length < 8) {
      await Promise.all([first.step(), second.step()])
    }
    await first.session[Symbol.asyncDispose]()
    await second.until(() => second.lanes.size === 4)
    for (const partition of [0, 1, 2, 3]) await produce(broker, topic, [`c${partition}`], { partition })
    while (first.records.length + second.records.length < 12) await second.step()
    await second.untilIdle()
    await second.session[Symbol.asyncDispose]()
    const values = [...first.values, ...second.values].map(String)
    const all = ['a', 'b', 'c'].flatMap((letter) => [0, 1, 2, 3].map((partition) => `${letter}${partition}`))
    expect(values.toSorted((a, b) => a.localeCompare(b))).toEqual(all)
  })

  test('reads them all when it is told to', async () => {
    const topic = await newTopic(broker)
    await transact(topic, ['a!', 'b'])
    await using session = await openSource(broker, { topic, isolation: 'read_uncommitted' })
    const reading = new Reading(session)
    await reading.read(2)
    expect(reading.values).toStrictEqual(['a!', 'b'])
  })
})

describeWith(['apache-kafka'], 'signing in to Apache Kafka', () => {
  let kafka: ApacheKafka
  let address = ''
  beforeAll(async () => {
    const [port = 0] = await freePorts(1)
    address = `127.0.0.1:${port}`
    const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule'
    kafka = await startApacheKafka({
      listeners: [{ name: 'SASL', protocol: 'SASL_PLAINTEXT', port }],
      scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => ({
        mechanism,
        name: 'alice',
        password: 'wonder',
      })),
      properties: {
        'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.sasl.plain.sasl.jaas.config': `${plain} required user_admin="secret";`,
        'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${scram} required;`,
        'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${scram} required;`,
      },
    })
  })
  afterAll(async () => {
    await kafka.stop()
  })

  const accessOf = (
    mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
    username: string,
    password: string,
  ): KafkaAccess => ({
    brokers: [address],
    tls: false,
    sasl: { mechanism, username, password },
    clientId: 'test',
  })

  test.each([
    { mechanism: 'plain' as const, username: 'admin', password: 'secret' },
    { mechanism: 'scram-sha-256' as const, username: 'alice', password: 'wonder' },
    { mechanism: 'scram-sha-512' as const, username: 'alice', password: 'wonder' },
  ])('works with $mechanism', async ({ mechanism, username, password }) => {
    const client = openKafkaClient(accessOf(mechanism, username, password), systemClock, seededRandom(1))
    await using admin = await client.admin()
    await using writer = await client.writer()
    await using peek = await client.peek()
    const topic = uniqueName('signed')
    await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 1, configs: {} })
    const record = { topic, partition: 0, key: null, value: Buffer.from('x'), headers: [], timeMs: 1 }
    await writer.send([record])
    const from = new Map([[0, 0n]])
    const read = await peek.read(
      { topic, from, maxBytes: 1_000, waitMs: 1_000 },
      new AbortController().signal,
    )
    expect(read[0]?.batch?.valueOf(0)?.toString()).toBe('x')
  })

  test('with a wrong password is a fault that says so', async () => {
    const client = openKafkaClient(accessOf('plain', 'admin', 'guess'), systemClock, seededRandom(1))
    await using admin = await client.admin()
    await expect(admin.cluster()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/authentication failed/i),
    })
  })
})
