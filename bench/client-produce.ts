/**
 * Writes records of 1 KB (acks=all, idempotent, not compressed) to one Apache Kafka by several clients, one process each,
 * in one run: MB a second, and what a record costs in CPU.
 *
 * Run: npm run run-ts bench/client-produce.ts [records] [rounds]; needs Apache Kafka, Debian's librdkafka-dev, gcc.
 * Broker and client share the machine's cores. Clients take turns, and the best round of each counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Producer as LibraryProducer, ProduceAcks } from '@platformatic/kafka'
import { openKafka } from 'sluice-kafka-client'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { testFolder } from '../tests/support/folder.ts'
import { cpuSecondsOf, machineLine } from './support/machine.ts'
import { compileRdkafkaPerformance } from './support/rdkafka-performance.ts'

const topic = 'load'
const partitions = 6
const recordBytes = 1_000
const lingerMs = 5
/** What a process takes before it begins to write is left out of its CPU by this many records written first. */
const warmUpRecords = 20_000

/** Writes records until the broker has `count`. */
type Write = (count: number) => Promise<void>
type Open = (broker: string) => Promise<{ write: Write; close: () => Promise<void> }>

/** As they come from anywhere: not the same bytes again and again. */
const source = Buffer.alloc(1 << 20)
for (let at = 0; at < source.length; at += 4) source.writeUInt32LE(Math.imul(at, 0x9e37_79b1) >>> 0, at)
const valueAt = (index: number): Buffer => {
  const start = (index * 64) % (source.length - recordBytes)
  return source.subarray(start, start + recordBytes)
}

const clients: Readonly<Record<string, Open>> = {
  'sluice-kafka-client, add': async (broker) => {
    const kafka = openKafka({ brokers: broker })
    const producer = kafka.producer({ lingerMs })
    let failures = 0
    const report = (problem: unknown): void => {
      if (problem !== null) failures++
    }
    return {
      write: async (count) => {
        for (let i = 0; i < count; i++) {
          if (!producer.add({ topic, value: valueAt(i) }, report)) await producer.ready()
        }
        await producer.flush()
        if (failures > 0) throw new Error(`${failures} records failed`)
      },
      close: async () => await kafka[Symbol.asyncDispose](),
    }
  },
  'sluice-kafka-client, sendAll of 500': async (broker) => {
    const kafka = openKafka({ brokers: broker })
    const producer = kafka.producer({ lingerMs })
    return {
      write: async (count) =>
        await inTurns(count, 500, 8, async (first, last) => {
          const records: { topic: string; value: Buffer }[] = []
          for (let i = first; i < last; i++) records.push({ topic, value: valueAt(i) })
          await producer.sendAll(records)
        }),
      close: async () => await kafka[Symbol.asyncDispose](),
    }
  },
  '@platformatic/kafka, send of 500': async (broker) => {
    const producer = new LibraryProducer({
      clientId: 'bench',
      bootstrapBrokers: [broker],
      idempotent: true,
      acks: ProduceAcks.ALL,
    })
    return {
      // More sends at once made it no faster.
      write: async (count) =>
        await inTurns(count, 500, 1, async (first, last) => {
          const messages: { topic: string; value: Buffer }[] = []
          for (let i = first; i < last; i++) messages.push({ topic, value: valueAt(i) })
          await producer.send({ messages })
        }),
      close: async () => await producer.close(),
    }
  },
}

/** Does chunks of `size`, several at a time. */
const inTurns = async (
  count: number,
  size: number,
  atOnce: number,
  work: (first: number, last: number) => Promise<void>,
): Promise<void> => {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const first = next
      next = Math.min(count, first + size)
      await work(first, next)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

interface Figures {
  readonly seconds: number
  readonly cpuSeconds: number
}

const isFigures = (value: unknown): value is Figures =>
  typeof value === 'object' && value !== null && 'seconds' in value && 'cpuSeconds' in value

/** In a process of its own. */
const measureHere = async (name: string, broker: string, count: number): Promise<void> => {
  const open = clients[name]
  if (open === undefined) throw new Error(`there is no client ${name}`)
  const { write, close } = await open(broker)
  await write(warmUpRecords)
  const before = process.cpuUsage()
  const start = performance.now()
  await write(count)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 }))
  await close()
}

const runNode = async (name: string, broker: string, count: number): Promise<Figures> => {
  const child = spawn(process.execPath, [import.meta.filename, 'write', name, broker, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  await once(child, 'exit')
  const figures: unknown = JSON.parse(output)
  if (!isFigures(figures)) throw new Error(`${name} printed ${output}`)
  return figures
}

const runLibrdkafka = async (program: string, broker: string, count: number): Promise<Figures> => {
  const settings = ['enable.idempotence=true', `linger.ms=${lingerMs}`].flatMap((each) => ['-X', each])
  const args = [
    '-P',
    '-q',
    '-b',
    broker,
    '-t',
    topic,
    '-c',
    String(count),
    '-s',
    String(recordBytes),
    '-a',
    '-1',
  ]
  const start = performance.now()
  const child = spawn(program, [...args, ...settings], { stdio: 'ignore' })
  let cpuSeconds = 0
  const watch = setInterval(() => {
    try {
      cpuSeconds = Math.max(cpuSeconds, cpuSecondsOf(child.pid ?? 0))
    } catch {
      // It has just ended.
    }
  }, 5)
  const ended: unknown[] = await once(child, 'exit')
  clearInterval(watch)
  if (ended[0] !== 0) throw new Error(`rdkafka_performance ended with ${String(ended[0])}`)
  return { seconds: (performance.now() - start) / 1000, cpuSeconds }
}

const main = async (count: number, rounds: number): Promise<void> => {
  console.log(
    `Produce ${count} records of ${recordBytes} bytes, ${partitions} partitions, acks=all, idempotent`,
  )
  console.log(machineLine())
  using folder = testFolder('bench')
  const program = compileRdkafkaPerformance(join(folder.path, 'rdkafka'))
  await using server = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
  await using kafka = openKafka({ brokers: server.address })
  const admin = kafka.admin()
  const subjects: Readonly<Record<string, () => Promise<Figures>>> = {
    ...Object.fromEntries(
      Object.keys(clients).map((name) => [name, () => runNode(name, server.address, count)]),
    ),
    'librdkafka (C)': () => runLibrdkafka(program, server.address, count),
  }
  const best = new Map<string, Figures>()
  // The first round warms the broker up, and is not counted.
  for (let round = -1; round < rounds; round++) {
    // Everybody is the first once: the broker is slower while it deletes what went before.
    const order = Object.entries(subjects)
    const first = (round + order.length) % order.length
    for (const [name, run] of [...order.slice(first), ...order.slice(0, first)]) {
      await admin.createTopic({ name: topic, partitions, replicationFactor: 1, configs: {} })
      const figures = await run()
      await admin.deleteTopic(topic)
      if (round < 0) continue
      const known = best.get(name)
      best.set(name, {
        seconds: Math.min(known?.seconds ?? Number.POSITIVE_INFINITY, figures.seconds),
        cpuSeconds: Math.min(known?.cpuSeconds ?? Number.POSITIVE_INFINITY, figures.cpuSeconds),
      })
    }
  }
  const rateOf = (name: string): number => (count * recordBytes) / 1e6 / (best.get(name)?.seconds ?? 1)
  for (const [name, { cpuSeconds }] of best) {
    console.log(
      `${name}: ${rateOf(name).toFixed(0)} MB/s, ${((cpuSeconds / count) * 1e6).toFixed(2)} CPU µs a record`,
    )
  }
  const cpuOf = (name: string): number => best.get(name)?.cpuSeconds ?? 1
  const ours = 'sluice-kafka-client, add'
  for (const other of ['@platformatic/kafka, send of 500', 'librdkafka (C)']) {
    const rate = (rateOf(ours) / rateOf(other)).toFixed(2)
    console.log(`${ours} to ${other}: ${rate} in MB/s, ${(cpuOf(ours) / cpuOf(other)).toFixed(2)} in CPU`)
  }
}

const [role, name = '', broker = '', count = ''] = process.argv.slice(2)
if (role === 'write') await measureHere(name, broker, Number(count))
else await main(Number(role ?? 300_000), Number(process.argv[3] ?? 3))
