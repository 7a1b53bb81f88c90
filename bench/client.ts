/**
 * Reads a topic of readings (about 170 bytes of JSON each) by several clients, one process each, in one run: what a record
 * costs in CPU when its value is seen and not parsed.
 *
 * Run: npm run run-ts bench/client.ts [records] [rounds]; needs Apache Kafka.
 */
import { spawnSync } from 'node:child_process'
import { Consumer as LibraryConsumer } from '@platformatic/kafka'
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { openKafka } from 'sluice-kafka-client'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { machineLine } from './support/machine.ts'
import { fillTopic } from './support/readings.ts'

const topic = 'readings'
const partitions = 6

/** Sees records until there were `count`; resolves to the bytes of their values. */
type Read = (broker: string, count: number) => Promise<number>

const readers: Readonly<Record<string, Read>> = {
  'sluice-kafka-client': async (broker, count) => {
    await using kafka = openKafka({ brokers: broker })
    const consumer = kafka.consumer({ isolation: 'read_uncommitted' })
    await consumer.assign({ topic }, 'earliest')
    let seen = 0
    let bytes = 0
    for await (const batch of consumer) {
      for (const record of batch) bytes += record.value?.length ?? 0
      seen += batch.count
      if (seen >= count) break
    }
    return bytes
  },
  '@platformatic/kafka': async (broker, count) => {
    const consumer = new LibraryConsumer({
      groupId: `bench-${process.pid}`,
      clientId: 'bench',
      bootstrapBrokers: [broker],
    })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
    let seen = 0
    let bytes = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    stream.on('data', ({ value }) => {
      bytes += value.length
      seen++
      if (seen === count) resolve()
    })
    await promise
    await consumer.close(true)
    return bytes
  },
  'kafkajs eachBatch': async (broker, count) => {
    const consumer = new KafkaJs({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({
      groupId: `bench-${process.pid}`,
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    let seen = 0
    let bytes = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { value } of batch.messages) bytes += value?.length ?? 0
        seen += batch.messages.length
        if (seen >= count) resolve()
        return Promise.resolve()
      },
    })
    await promise
    await consumer.disconnect()
    return bytes
  },
}

interface Result {
  readonly bytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

const isResult = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && 'cpuSeconds' in value

const readHere = async (name: string, broker: string, count: number): Promise<void> => {
  const start = performance.now()
  const before = process.cpuUsage()
  const bytes = (await readers[name]?.(broker, count)) ?? 0
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - start) / 1000
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1000)
  const result: Result = { bytes, seconds, cpuSeconds: (user + system) / 1e6, peakMegabytes }
  console.log(JSON.stringify(result))
}

const readElsewhere = (name: string, broker: string, count: number): Result => {
  const run = spawnSync(process.execPath, [import.meta.filename, 'read', name, broker, String(count)], {
    encoding: 'utf8',
  })
  const result: unknown = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')
  if (!isResult(result)) throw new Error(run.stderr)
  return result
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const compare = async (count: number, rounds: number): Promise<void> => {
  console.log(`Reading ${count} records of about 170 bytes, ${partitions} partitions, medians of ${rounds}`)
  console.log(machineLine())
  await using kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
  await fillTopic(kafka.address, topic, partitions, count)
  const names = Object.keys(readers)
  const results = new Map(names.map((name): [string, Result[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results.get(name)?.push(readElsewhere(name, kafka.address, count))
  }
  const cpuOf = (name: string): number =>
    median((results.get(name) ?? []).map(({ cpuSeconds }) => cpuSeconds))
  const best = Math.min(...names.slice(1).map(cpuOf))
  for (const name of names) {
    const own = results.get(name) ?? []
    const perMillion = ((cpuOf(name) / count) * 1e6).toFixed(2)
    const rate = Math.round(count / median(own.map(({ seconds }) => seconds)) / 1000)
    const peak = median(own.map(({ peakMegabytes }) => peakMegabytes))
    const ratio = (cpuOf(name) / best).toFixed(2)
    console.log(
      `${name.padEnd(20)} ${perMillion.padStart(6)} CPU s per million, ${ratio.padStart(5)} of the best other, ${rate} k/s, ${peak} MB`,
    )
  }
}

const [command, name, broker, count] = process.argv.slice(2)
if (command === 'read') await readHere(name ?? '', broker ?? '', Number(count))
else await compare(Number(command ?? 1_000_000), Number(name ?? 3))
