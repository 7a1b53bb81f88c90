/**
 * How old a record is when a consumer has it, at a steady rate: our client against @platformatic/kafka, each in a process of
 * its own with producer and consumer, on a real Apache Kafka in one run.
 *
 * Run: npm run run-ts bench/client-latency.ts [records a second] [seconds]; needs Apache Kafka. From before the record is given
 * to the producer until its value is seen; producer, consumer and broker share the machine's cores.
 */
import { spawnSync } from 'node:child_process'
import {
  Consumer as LibraryConsumer,
  Producer as LibraryProducer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { openKafka } from 'sluice-kafka-client'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { machineLine } from './support/machine.ts'

const partitions = 6
const padding = 'x'.repeat(140)
const tickMs = 2

/** Sends a value; what comes back as `seen` is what was sent. */
interface Flow extends AsyncDisposable {
  send(values: readonly string[]): void
}

type OpenFlow = (broker: string, topic: string, seen: (value: string) => void) => Promise<Flow>

const flows: Readonly<Record<string, OpenFlow>> = {
  'sluice-kafka-client': async (broker, topic, seen) => {
    const kafka = openKafka({ brokers: broker })
    const consumer = kafka.consumer()
    await consumer.assign({ topic }, 'latest')
    const reading = (async () => {
      for await (const batch of consumer) for (const record of batch) seen(record.valueText ?? '')
    })()
    const producer = kafka.producer()
    return {
      send: (values) => {
        for (const value of values) void producer.send({ topic, value })
      },
      [Symbol.asyncDispose]: async () => {
        await kafka[Symbol.asyncDispose]()
        await reading
      },
    }
  },
  '@platformatic/kafka': async (broker, topic, seen) => {
    const shared = { clientId: 'bench', bootstrapBrokers: [broker] }
    const consumer = new LibraryConsumer({
      ...shared,
      groupId: `bench-${process.pid}`,
      deserializers: stringDeserializers,
    })
    const stream = await consumer.consume({ topics: [topic], mode: 'latest', autocommit: false })
    stream.on('data', ({ value }) => seen(value))
    const producer = new LibraryProducer({ ...shared, serializers: stringSerializers, idempotent: true })
    return {
      send: (values) => {
        void producer.send({ acks: -1, messages: values.map((value) => ({ topic, value })) })
      },
      [Symbol.asyncDispose]: async () => {
        await producer.close()
        await consumer.close(true)
      },
    }
  },
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const runHere = async (name: string, broker: string, topic: string, rate: number, seconds: number) => {
  const ages: number[] = []
  let isCounting = false
  const open = flows[name]
  if (open === undefined) throw new Error(`There is no ${name}`)
  const flow = await open(broker, topic, (value) => {
    if (isCounting) ages.push(performance.now() - Number(value.slice(0, value.indexOf(' '))))
  })
  await pause(1_000)
  const before = process.cpuUsage()
  const start = performance.now()
  let sent = 0
  while (performance.now() - start < (seconds + 3) * 1_000) {
    isCounting = performance.now() - start > 3_000
    const due = Math.floor(((performance.now() - start) / 1_000) * rate) - sent
    const values = Array.from({ length: due }, () => `${performance.now()} ${padding}`)
    if (due > 0) flow.send(values)
    sent += due
    await pause(tickMs)
  }
  await pause(1_000)
  const { user, system } = process.cpuUsage(before)
  ages.sort((a, b) => a - b)
  const at = (share: number): string => (ages[Math.floor(ages.length * share)] ?? Number.NaN).toFixed(1)
  console.log(
    `${name.padEnd(20)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms over ${ages.length} of ${Math.round(rate * seconds)} records, ${((user + system) / 1e6).toFixed(1)} CPU s`,
  )
  await flow[Symbol.asyncDispose]()
}

const compare = async (rate: number, seconds: number): Promise<void> => {
  console.log(`${rate} records a second, ${seconds} s\n${machineLine()}`)
  await using kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
  await using client = openKafka({ brokers: kafka.address })
  const names = Object.keys(flows)
  // The broker compiles what is hot: who comes first would pay for it.
  for (const [i, name] of [names[0] ?? '', ...names].entries()) {
    const topic = `flow-${i}`
    await client.admin().createTopic({ name: topic, partitions, replicationFactor: 1, configs: {} })
    const args = [import.meta.filename, 'run', name, kafka.address, topic, String(rate), String(seconds)]
    const timeout = (seconds + 60) * 1_000
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout })
    if (i > 0) console.log(stdout.trim() === '' ? stderr : stdout.trim())
  }
}

const [command = '10000', ...rest] = process.argv.slice(2)
if (command === 'run') {
  const [name = '', broker = '', topic = '', rate, seconds] = rest
  await runHere(name, broker, topic, Number(rate), Number(seconds))
} else await compare(Number(command), Number(rest[0] ?? 20))
