/**
 * The embedded broker against Apache Kafka in one run: start, idle memory, produce and fetch with librdkafka's C client.
 *
 * Run: npm run run-ts bench/broker.ts [records]; needs Apache Kafka (npm run real-parts), Debian's librdkafka-dev, gcc.
 * Both are measured without a flush before the acknowledgement and with one; the two sides share the machine's cores
 * with the client.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openKafkaClient } from '../packages/sluice/src/connectors/kafka/client/client.ts'
import { systemClock } from '../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../packages/sluice/src/kernel/random.ts'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { testFolder } from '../tests/support/folder.ts'
import { freePorts } from '../tests/support/part.ts'
import { cpuSecondsOf, machineLine, residentMegabytesOf, thousands } from './support/machine.ts'
import { compileRdkafkaPerformance, runLoad } from './support/rdkafka-performance.ts'

const records = Number(process.argv[2] ?? 1_000_000)
const recordBytes = 1_000
const partitions = 6
const brokerMain = fileURLToPath(new URL('../packages/broker/src/main.ts', import.meta.url))

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Subject {
  readonly name: string
  readonly address: string
  readonly pid: number
  readonly startSeconds: number
  stop(): Promise<void>
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })

const startEmbedded = async (durability: 'os' | 'commit'): Promise<Subject> => {
  const folder = testFolder('bench-broker')
  const [port = 0] = await freePorts(1)
  const start = performance.now()
  const child = spawn(
    process.execPath,
    [brokerMain, '--listen', `127.0.0.1:${port}`, '--dir', folder.path, '--durability', durability],
    { stdio: 'ignore' },
  )
  while (!(await canConnect(port))) await pause(2)
  return {
    name: `embedded broker, ${durability === 'os' ? 'no flush' : 'flush before ack'}`,
    address: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    startSeconds: (performance.now() - start) / 1000,
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
      folder[Symbol.dispose]()
    },
  }
}

const startReal = async (fsync: boolean): Promise<Subject> => {
  const start = performance.now()
  const kafka = await startApacheKafka({ fsync, jvm: ['-Xms1g', '-Xmx1g'] })
  return {
    name: `Apache Kafka, ${fsync ? 'flush before ack' : 'no flush'}`,
    address: kafka.address,
    pid: kafka.pid(),
    startSeconds: (performance.now() - start) / 1000,
    stop: () => kafka.stop(),
  }
}

interface Figures {
  readonly startSeconds: number
  readonly idleMegabytes: number
  readonly produce: number
  readonly produceCpuPerGb: number
  readonly fetch: number
  readonly fetchCpuPerGb: number
  readonly loadedMegabytes: number
}

const gigabytes = (records * recordBytes) / 1e9

const createTopic = async (address: string): Promise<void> => {
  const access = { brokers: [address], tls: false, sasl: null, clientId: 'bench' }
  await using admin = await openKafkaClient(access, systemClock, seededRandom(1)).admin()
  await admin.createTopic({ name: 'load', partitions, replicationFactor: 1, configs: {} })
}

const measure = async (subject: Subject, program: string): Promise<Figures> => {
  try {
    await pause(2_000)
    const idleMegabytes = residentMegabytesOf(subject.pid)
    await createTopic(subject.address)
    const common = ['-b', subject.address, '-t', 'load', '-c', String(records)]
    const produceArgs = ['-P', ...common, '-s', String(recordBytes), '-a', '-1', '-X', 'linger.ms=5']
    // Once to warm up: a virtual machine of either kind compiles what is hot.
    runLoad(program, produceArgs, records)
    const before = cpuSecondsOf(subject.pid)
    const produced = runLoad(program, produceArgs, records)
    const afterProduce = cpuSecondsOf(subject.pid)
    const partitionArgs = Array.from({ length: partitions }, (_, i) => ['-p', String(i)]).flat()
    const fetched = runLoad(program, ['-C', ...common, ...partitionArgs, '-o', 'beginning'], records)
    return {
      startSeconds: subject.startSeconds,
      idleMegabytes,
      produce: produced.recordsPerSecond,
      produceCpuPerGb: (afterProduce - before) / gigabytes,
      fetch: fetched.recordsPerSecond,
      fetchCpuPerGb: (cpuSecondsOf(subject.pid) - afterProduce) / gigabytes,
      loadedMegabytes: residentMegabytesOf(subject.pid),
    }
  } finally {
    await subject.stop()
  }
}

const tell = (name: string, figures: Figures): void => {
  console.log(
    `${name}: start ${figures.startSeconds.toFixed(2)} s, idle ${figures.idleMegabytes} MB, ` +
      `produce ${thousands(figures.produce)}/s (${figures.produceCpuPerGb.toFixed(2)} CPU s per GB), ` +
      `fetch ${thousands(figures.fetch)}/s (${figures.fetchCpuPerGb.toFixed(2)} CPU s per GB), loaded ${figures.loadedMegabytes} MB`,
  )
}

console.log(
  `Broker, ${records} records of ${recordBytes} bytes, ${partitions} partitions, acks=all\n${machineLine()}`,
)
using folder = testFolder('bench')
const program = compileRdkafkaPerformance(join(folder.path, 'rdkafka'))
for (const flush of [false, true]) {
  const embedded = await startEmbedded(flush ? 'commit' : 'os')
  const ours = await measure(embedded, program)
  tell(embedded.name, ours)
  const real = await startReal(flush)
  const theirs = await measure(real, program)
  tell(real.name, theirs)
  console.log(
    `ratio to Apache Kafka, ${flush ? 'flush before ack' : 'no flush'}: produce ${(ours.produce / theirs.produce).toFixed(2)}, ` +
      `fetch ${(ours.fetch / theirs.fetch).toFixed(2)}, CPU per GB produced ${(ours.produceCpuPerGb / theirs.produceCpuPerGb).toFixed(2)}, ` +
      `start ${(ours.startSeconds / theirs.startSeconds).toFixed(2)}, idle memory ${(ours.idleMegabytes / theirs.idleMegabytes).toFixed(2)}`,
  )
}
