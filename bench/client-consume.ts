/**
 * One member of a group reads messages of 1 KB: our client against librdkafka's in C, on the same topics of a real Apache
 * Kafka, in one run; and how much memory ours takes, also with many partitions.
 *
 * Run: npm run run-ts bench/client-consume.ts [records] [rounds]; needs Apache Kafka, Debian's librdkafka-dev, gcc. Rates count
 * from the first message to the last, without joining the group.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { openKafka } from 'sluice-kafka-client'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { testFolder } from '../tests/support/folder.ts'
import { machineLine } from './support/machine.ts'
import { compileRdkafkaPerformance, runLoad } from './support/rdkafka-performance.ts'

const recordBytes = 1_000

interface Result {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

/** Runs in a process of its own. */
const readHere = async (broker: string, topic: string, count: number): Promise<void> => {
  await using kafka = openKafka({ brokers: broker })
  const consumer = kafka.groupConsumer({
    group: `bench-${process.pid}`,
    topics: [topic],
    isolation: 'read_uncommitted',
  })
  let seen = 0
  let start = 0
  let bytes = 0
  for await (const batch of consumer) {
    if (seen === 0) start = performance.now()
    for (const record of batch) bytes += record.value?.length ?? 0
    seen += batch.count
    if (seen >= count) break
  }
  const seconds = (performance.now() - start) / 1000
  if (bytes !== count * recordBytes) throw new Error(`saw ${bytes} bytes`)
  const { user, system } = process.cpuUsage()
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1000)
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMegabytes }))
}

const isResult = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && 'cpuSeconds' in value && 'seconds' in value

const ours = (broker: string, topic: string, count: number): Result => {
  const args = [import.meta.filename, 'read', broker, topic, String(count)]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const result: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  if (!isResult(result)) throw new Error(stderr)
  return result
}

const secondsIn = (text: string): number => {
  const [, minutes = '0', seconds = '0'] = /(\d+)m([\d.]+)s/.exec(text) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

let runs = 0

const theirs = (program: string, broker: string, topic: string, count: number): Result => {
  const group = `c-${process.pid}-${++runs}`
  const args = [
    '-G',
    group,
    '-b',
    broker,
    '-t',
    topic,
    '-c',
    String(count),
    '-X',
    'auto.offset.reset=earliest',
  ]
  // The shell tells what CPU its children used.
  const script = '"$0" "$@" 2>&1; echo; times'
  const { stdout } = spawnSync('sh', ['-c', script, program, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const milliseconds = [...stdout.matchAll(/consumed in (\d+)ms/g)].at(-1)?.[1]
  if (milliseconds === undefined) throw new Error(`librdkafka's program said:\n${stdout.slice(-2_000)}`)
  const [user = '', system = ''] = stdout.trim().split('\n').at(-1)?.split(' ') ?? []
  return {
    seconds: Number(milliseconds) / 1000,
    cpuSeconds: secondsIn(user) + secondsIn(system),
    peakMegabytes: Number.NaN,
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const compare = async (count: number, rounds: number): Promise<void> => {
  console.log(`${count} messages of ${recordBytes} bytes, medians of ${rounds}\n${machineLine()}`)
  using folder = testFolder('client-consume')
  const program = compileRdkafkaPerformance(join(folder.path, 'rdkafka'))
  await using kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
  await using client = openKafka({ brokers: kafka.address })
  for (const partitions of [6, 100]) {
    const topic = `large-${partitions}`
    await client.admin().createTopic({ name: topic, partitions, replicationFactor: 1, configs: {} })
    const size = ['-s', String(recordBytes), '-c', String(count)]
    runLoad(program, ['-P', '-b', kafka.address, '-t', topic, ...size, '-X', 'linger.ms=5'], count)
    const results = Array.from({ length: rounds }, () => ({
      own: ours(kafka.address, topic, count),
      other: theirs(program, kafka.address, topic, count),
    }))
    const rate = (seconds: readonly number[]): number => (count * recordBytes) / 1e6 / median(seconds)
    const cpu = (seconds: readonly number[]): string =>
      (median(seconds) / ((count * recordBytes) / 1e9)).toFixed(2)
    const own = rate(results.map((each) => each.own.seconds))
    const other = rate(results.map((each) => each.other.seconds))
    console.log(
      `${partitions} partitions: ours ${own.toFixed(0)} MB/s, ${cpu(results.map((each) => each.own.cpuSeconds))} CPU s a GB, ` +
        `peak ${median(results.map((each) => each.own.peakMegabytes))} MB; librdkafka ${other.toFixed(0)} MB/s, ` +
        `${cpu(results.map((each) => each.other.cpuSeconds))} CPU s a GB; ratio of rates ${(own / other).toFixed(2)}`,
    )
  }
}

const [command, broker, topic, count] = process.argv.slice(2)
if (command === 'read') await readHere(broker ?? '', topic ?? '', Number(count))
else await compare(Number(command ?? 1_000_000), Number(broker ?? 3))
