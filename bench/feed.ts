/**
 * The live feed under load: a topic that is written at a steady rate, and many tabs that watch it.
 *
 * Run: npm run run-ts bench/feed.ts [messages a second] [clients] [seconds]; Linux. Prints the delay of the server's event
 * loop before and under load, its memory over time, and how old rows are when a client has them (from before the produce
 * call to after it was parsed). Broker, database, server, producer and clients share the machine's cores.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openKafkaClient } from '../packages/sluice/src/connectors/kafka/client/client.ts'
import type { KafkaWriter } from '../packages/sluice/src/flow/kafka-ports.ts'
import { systemClock } from '../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../packages/sluice/src/kernel/random.ts'
import { sluiceHome } from '../tests/support/sluice.ts'
import { cpuSecondsOf, machineLine } from './support/machine.ts'

const perSecond = Number(process.argv[2] ?? 5_000)
const clients = Number(process.argv[3] ?? 50)
const seconds = Number(process.argv[4] ?? 60)
const topic = 'feed'
const configuration = `kafka: embedded
database: embedded
topics:
  ${topic}: { partitions: 3 }
pipelines: {}
`
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Loop {
  readonly pid: number
  readonly words: readonly string[]
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly busy: number
  readonly residentMegabytes: number
  readonly heapMegabytes: number
}

const isLoop = (value: unknown): value is Loop =>
  typeof value === 'object' && value !== null && 'p99Ms' in value && 'words' in value

const serverLoop = (folder: string): Loop => {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .filter(isLoop)
  const server = all.find(({ words }) => words[0] === 'server')
  if (server === undefined) throw new Error('the server told no figures')
  return server
}

const loopLine = (when: string, { p50Ms, p99Ms, maxMs, busy }: Loop): string =>
  `event loop ${when}: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms, busy ${(busy * 100).toFixed(0)} %`

const padding = 'x'.repeat(200)

/** Writes at a steady rate until the signal; resolves to how many it wrote. */
const produce = async (writer: KafkaWriter, signal: AbortSignal): Promise<number> => {
  const startedAt = performance.now()
  let sent = 0
  const under = new Set<Promise<unknown>>()
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond) - sent
    if (due > 0) {
      const at = Date.now()
      const records = Array.from({ length: due }, (_, i) => ({
        topic,
        partition: (sent + i) % 3,
        key: Buffer.from(`key-${i % 100}`),
        value: Buffer.from(JSON.stringify({ n: sent + i, at, sensor: `s-${i % 20}`, padding })),
        headers: [],
        timeMs: at,
      }))
      sent += due
      const sending = writer.send(records).finally(() => under.delete(sending))
      under.add(sending)
    }
    await pause(10)
  }
  await Promise.all(under)
  return sent
}

const startClients = (address: string, key: string) => {
  const file = fileURLToPath(new URL('./support/feed-clients.ts', import.meta.url))
  const child = spawn(process.execPath, [file, address.replace('http', 'ws'), key, topic, String(clients)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  return {
    figures: (): Promise<string> => {
      const line = new Promise<string>((resolve) => lines.once('line', resolve))
      child.stdin.write('\n')
      return line
    },
    stop: () => child.kill(),
  }
}

console.log(machineLine())
using home = await sluiceHome('bench-feed')
const figuresFolder = join(home.folder, 'figures')
mkdirSync(figuresFolder)
const preload = new URL('./support/loop-delay.ts', import.meta.url).href
const env = { NODE_OPTIONS: `--import=${preload}`, SLUICE_LOOP_DELAY_DIR: figuresFolder }
await using up = await home.up(home.write(configuration), { env })
await pause(3_000)
const { pid } = serverLoop(figuresFolder)
process.kill(pid, 'SIGUSR2')
await pause(5_000)
console.log(loopLine('idle', serverLoop(figuresFolder)))

const kafka = openKafkaClient(
  { brokers: [home.kafka], tls: false, sasl: null, clientId: 'bench' },
  systemClock,
  seededRandom(1),
)
await using writer = await kafka.writer()
const watchers = startClients(home.http, home.key())
await pause(2_000)
const ending = new AbortController()
const producing = produce(writer, ending.signal)
await pause(5_000)
await watchers.figures()
process.kill(pid, 'SIGUSR2')
const cpuBefore = cpuSecondsOf(pid)
const memory: string[] = []
const startedAt = performance.now()
for (let i = 0; i < seconds; i++) {
  await pause(1_000)
  const { heapMegabytes, residentMegabytes } = serverLoop(figuresFolder)
  if (i % 5 === 4) memory.push(`${residentMegabytes}/${heapMegabytes}`)
}
const took = (performance.now() - startedAt) / 1000
const loop = serverLoop(figuresFolder)
const cpu = (cpuSecondsOf(pid) - cpuBefore) / took
console.log(loopLine('under load', loop))
console.log(`server: ${cpu.toFixed(2)} cores; resident/heap MB every 5 s: ${memory.join(' ')}`)
console.log('clients:', await watchers.figures())
ending.abort()
const sent = await producing
console.log(
  `wrote ${sent} messages, ${Math.round(sent / (took + 5))} a second; ${clients} clients, one of them slow`,
)
watchers.stop()
await up.stop()
