/** What transactions promise, on Apache Kafka with each version of its transactions. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import {
  isKafkaError,
  type Kafka,
  openKafka,
  type TransactionalProducer,
  type TransactionalSettings,
} from 'sluice-kafka-client'
import { committedOffsets, KafkaCluster } from 'sluice-kafka-client/parts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { type ApacheKafka, startApacheKafka } from '../support/apache-kafka.ts'
import { describeWith } from '../support/requires.ts'
import { TestMember, untilHolds } from './members.ts'
import { valuesOf } from './reading.ts'

const relayFile = fileURLToPath(new URL('relay.ts', import.meta.url))

let named = 0
const unique = (what: string): string => `${what}-${++named}`

const kinds = [
  { says: 'an epoch for each transaction (transaction.version 2)', level: 2 },
  { says: 'partitions that are added first (transaction.version 1)', level: 1 },
] as const

/** All that kafkajs reads of one partition until it sees `last`. */
const readByKafkaJs = async (address: string, topic: string, last: string): Promise<string[]> => {
  const consumer = new KafkaJs({ brokers: [address], logLevel: logLevel.NOTHING }).consumer({
    groupId: unique('kafkajs'),
  })
  const values: string[] = []
  const done = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: ({ message }) => {
      values.push(message.value?.toString() ?? 'null')
      if (values.at(-1) === last) done.resolve()
      return Promise.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  return values
}

describeWith(['apache-kafka'], 'transactions', () => {
  describe.each(kinds)('with $says', ({ level }) => {
    let server: ApacheKafka
    let kafka: Kafka

    beforeAll(async () => {
      server = await startApacheKafka({
        features: { 'transaction.version': level },
        properties: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500 },
      })
      kafka = openKafka({ brokers: server.address, clientId: 'transactions-test' })
    })
    afterAll(async () => {
      await kafka[Symbol.asyncDispose]()
      await server.stop()
    })

    const open = (settings: Partial<TransactionalSettings> = {}): TransactionalProducer =>
      kafka.transactionalProducer({ transactionalId: unique('work'), ...settings })
    const newTopic = async (
      partitions = 1,
      configs: Readonly<Record<string, string>> = {},
    ): Promise<string> => {
      const name = unique('topic')
      await kafka.admin().createTopic({ name, partitions, replicationFactor: 1, configs })
      return name
    }
    const committedOf = async (group: string, topic: string): Promise<bigint[]> => {
      using cluster = new KafkaCluster({
        brokers: [server.address],
        tls: false,
        sasl: null,
        clientId: 'asks',
      })
      const asked = new Map([[topic, [0, 1]]])
      for (;;) {
        try {
          return (await committedOffsets(cluster, group, asked, false)).map(({ offset }) => offset)
        } catch (error) {
          // The first that asks for a group has its coordinator made.
          if (!isKafkaError(error) || error.advice !== 'retry') throw error
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
    }

    test('committed records are seen, aborted ones are not, by us and by kafkajs', async () => {
      const topic = await newTopic()
      const producer = open({ batchBytes: 300 })
      const wanted: string[] = []
      for (let round = 0; round < 12; round++) {
        await producer.begin()
        for (let i = 0; i < 40; i++) producer.add({ topic, value: `${round}/${i}` })
        // Some are written when the end comes, some are not.
        if (round % 3 === 0) await producer.flush()
        if (round % 2 === 0) {
          await producer.commit()
          wanted.push(...Array.from({ length: 40 }, (_, i) => `${round}/${i}`))
        } else await producer.abort()
      }
      await producer.transaction(() => producer.send({ topic, value: 'last' }))
      expect(await valuesOf(server.address, topic)).toStrictEqual([[...wanted, 'last']])
      expect(await readByKafkaJs(server.address, topic, 'last')).toStrictEqual([...wanted, 'last'])
      const all = await valuesOf(server.address, topic, 'read_uncommitted')
      expect(all[0]?.length).toBeGreaterThan(wanted.length + 1)
    })

    test('records are told to have failed when their transaction is aborted before they are written', async () => {
      const topic = await newTopic()
      const producer = open({ lingerMs: 600_000 })
      await producer.begin()
      const sent = producer.send({ topic, value: 'never' })
      sent.catch(() => undefined)
      await producer.abort()
      await expect(sent).rejects.toMatchObject({ code: 'TRANSACTION_BROKEN' })
      expect(() => producer.add({ topic, value: 'outside' })).toThrow(/none has begun/)
    })

    test('what a transaction wrote is not seen where its work throws', async () => {
      const topic = await newTopic()
      const producer = open()
      const work = producer.transaction(async () => {
        await producer.send({ topic, value: 'half' })
        throw new Error('the other half fails')
      })
      await expect(work).rejects.toThrow('the other half fails')
      await producer.transaction(() => producer.send({ topic, value: 'whole' }))
      expect(await valuesOf(server.address, topic)).toStrictEqual([['whole']])
    })

    test('a refused record breaks its transaction, and the next one goes well', async () => {
      const topic = await newTopic(1, { 'max.message.bytes': '2000' })
      const producer = open()
      await producer.begin()
      const [small, large] = await producer.sendEach([
        { topic, value: 'small' },
        { topic, value: 'x'.repeat(9_000) },
      ])
      expect(large).toMatchObject({ code: 'RECORD_TOO_LARGE' })
      expect(small).toBeDefined()
      await expect(producer.commit()).rejects.toMatchObject({ code: 'TRANSACTION_BROKEN' })
      await producer.abort()
      await producer.transaction(() => producer.send({ topic, value: 'next' }))
      expect(await valuesOf(server.address, topic)).toStrictEqual([['next']])
    })

    test('who had the identity before is fenced, and what it left open is not seen', async () => {
      const topic = await newTopic()
      const transactionalId = unique('shared')
      const zombie = open({ transactionalId })
      await zombie.begin()
      await zombie.send({ topic, value: 'of the zombie' })
      const heir = open({ transactionalId })
      await heir.open()
      zombie.send({ topic, value: 'of the zombie, later' }).catch(() => undefined)
      await expect(zombie.commit()).rejects.toMatchObject({ name: 'KafkaError' })
      await expect(zombie.abort()).rejects.toMatchObject({ code: 'FENCED' })
      await expect(zombie.begin()).rejects.toMatchObject({ code: 'FENCED' })
      await heir.transaction(() => heir.send({ topic, value: 'of the heir' }))
      expect(await valuesOf(server.address, topic)).toStrictEqual([['of the heir']])
    })

    test('a transaction that is open for too long is aborted', async () => {
      const topic = await newTopic()
      const producer = open({ transactionTimeoutMs: 1_000 })
      await producer.begin()
      await producer.send({ topic, value: 'too slow' })
      await kafka.producer().send({ topic, value: 'after it' })
      await expect
        .poll(() => valuesOf(server.address, topic), { timeout: 30_000 })
        .toStrictEqual([['after it']])
      await expect(producer.commit()).rejects.toMatchObject({ name: 'KafkaError' })
    })

    test('offsets count when their transaction is committed, and only for the generation of now', async () => {
      const [from, to] = [await newTopic(), await newTopic()]
      const group = unique('group')
      await using member = new TestMember(server.address, 'one', { group, topics: [from] })
      await untilHolds('it has its partition', () => member.partitions.length === 1)
      const producer = open()
      const owner = member.membership.identity
      await producer.transaction(async () => {
        producer.add({ topic: to, value: 'made of it' })
        await producer.sendOffsets(owner, [{ topic: from, partition: 0, offset: 5n, metadata: 'five' }])
      })
      expect(await committedOf(group, from)).toEqual([5n])
      await producer.begin()
      await producer.sendOffsets(owner, [{ topic: from, partition: 0, offset: 6n }])
      await producer.abort()
      expect(await committedOf(group, from)).toEqual([5n])
      const stale = { ...owner, generation: owner.generation - 1 }
      await producer.begin()
      const refused = producer.sendOffsets(stale, [{ topic: from, partition: 0, offset: 7n }])
      await expect(refused).rejects.toMatchObject({ code: 'TRANSACTION_BROKEN' })
      await producer.abort()
      await producer.transaction(() =>
        producer.sendOffsets(owner, [{ topic: from, partition: 0, offset: 8n }]),
      )
      expect(await committedOf(group, from)).toEqual([8n])
    })

    test('who is used out of turn is told', async () => {
      const producer = open()
      await expect(producer.commit()).rejects.toMatchObject({ code: 'TRANSACTION_MISUSED' })
      await producer.begin()
      await expect(producer.begin()).rejects.toMatchObject({ code: 'TRANSACTION_MISUSED' })
      await producer.commit()
      await expect(producer.abort()).rejects.toMatchObject({ code: 'TRANSACTION_MISUSED' })
    })

    test('transactions are whole while the broker is killed in their midst', async () => {
      const topic = await newTopic(2)
      const producer = open({ batchBytes: 300 })
      const committed: number[] = []
      const problems: unknown[] = []
      const crashes = [5, 12]
      const down: Promise<void>[] = []
      for (let round = 0; round < 20; round++) {
        if (crashes.includes(round)) down.push(server.restart())
        try {
          await producer.transaction(async () => {
            for (let i = 0; i < 30; i++) producer.add({ topic, partition: i % 2, value: `${round}` })
            await producer.flush()
          })
          committed.push(round)
        } catch (error) {
          // It may be done again as a whole.
          problems.push(isKafkaError(error) ? error.code : error)
        }
      }
      await Promise.all(down)
      expect(problems.filter((problem) => problem !== 'TRANSACTION_BROKEN')).toEqual([])
      expect(committed.length).toBeGreaterThan(10)
      const half = committed.flatMap((round) => Array.from({ length: 15 }, () => String(round)))
      expect(await valuesOf(server.address, topic)).toStrictEqual([half, half])
    })

    test('a topic is copied exactly once by processes that are killed anywhere', async () => {
      const [from, to] = [await newTopic(2), await newTopic(2)]
      const group = unique('relay')
      const count = 1_500
      const numbers = Array.from({ length: count }, (_, i) => i)
      await kafka
        .producer()
        .sendAll(numbers.map((i) => ({ topic: from, partition: i % 2, value: `record ${i}` })))
      const random = seededRandom(level)
      let commits = 0
      const isDone = async (): Promise<boolean> =>
        (await committedOf(group, from)).reduce((sum, offset) => sum + offset, 0n) >= BigInt(count)
      for (let life = 0; life < 40 && !(await isDone()); life++) {
        const child = spawn(process.execPath, [relayFile, server.address, from, to, group], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const diesAfter = life < 5 ? 1 + Math.floor(random() * 25) : Number.POSITIVE_INFINITY
        let dots = 0
        child.stdout.on('data', (chunk: Buffer) => {
          dots += chunk.length
          commits += chunk.length
          // Wherever it is just now.
          if (dots >= diesAfter) setTimeout(() => child.kill('SIGKILL'), random() * 20)
        })
        const ended = once(child, 'exit')
        while (child.exitCode === null && child.signalCode === null) {
          if (life >= 5 && (await isDone())) child.kill('SIGKILL')
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        await ended
      }
      expect(commits).toBeGreaterThan(50)
      const copies = await valuesOf(server.address, to)
      const wanted = (partition: number): string[] =>
        numbers.filter((i) => i % 2 === partition).map((i, offset) => `${offset} record ${i}`)
      expect(copies).toStrictEqual([wanted(0), wanted(1)])
    })
  })
})
