/**
 * How long it takes to look into a large topic: GET of messages by time and newest, counts over time, a search.
 *
 *   npm run run-ts bench/messages.ts -- [gigabytes] [calls]
 *
 * Writes a topic of 1 KB messages into the embedded broker (0.2 GB without an argument), then asks the API over HTTP. The API
 * and whoever asks share one process; the broker has its own.
 */

import { scanBudget } from '../packages/sluice/src/api/message-scan.ts'
import type { Kafka } from '../packages/sluice/src/api/ports.ts'
import { startTestApi, testKey } from '../packages/sluice/src/api/rig.suite.ts'
import { openKafkaClient } from '../packages/sluice/src/connectors/kafka/client/client.ts'
import { systemClock } from '../packages/sluice/src/kernel/clock.ts'
import { randomInteger, seededRandom } from '../packages/sluice/src/kernel/random.ts'
import { startEmbeddedBroker } from '../tests/support/embedded.ts'
import { cpuSecondsOf, machineLine, residentMegabytesOf } from './support/machine.ts'

const gigabytes = Number(process.argv[2] ?? 0.2)
const calls = Number(process.argv[3] ?? 300)
const recordBytes = 1_000
const partitions = 6
const topic = 'large'
const records = Math.round((gigabytes * 1e9) / recordBytes)
const random = seededRandom(7)
// A day of messages that ends now, whatever their number: older ones would be past their retention.
const dayMs = 86_400_000
const startMs = Date.now() - dayMs
const spacingMs = dayMs / records
const timeOf = (n: number): number => Math.floor(startMs + n * spacingMs)

await using broker = await startEmbeddedBroker('os')
const client = openKafkaClient(
  { brokers: [broker.address], tls: false, sasl: null, clientId: 'bench' },
  systemClock,
  random,
)
await using admin = await client.admin()
await using writer = await client.writer()
await using peek = await client.peek()

const fill = async (): Promise<void> => {
  await admin.createTopic({ name: topic, partitions, replicationFactor: 1, configs: {} })
  const padding = 'x'.repeat(recordBytes - 60)
  // Batches of about 100 KB, as busy producers write them.
  const perCall = 100 * partitions
  let sent: Promise<unknown> = Promise.resolve()
  for (let first = 0; first < records; first += perCall) {
    const batch = Array.from({ length: Math.min(perCall, records - first) }, (_, i) => {
      const n = first + i
      return {
        topic,
        partition: n % partitions,
        key: null,
        value: Buffer.from(
          `{"n":${n},"kind":"${n % 100_000 === 0 ? 'rare' : 'common'}","padding":"${padding}"}`,
        ),
        headers: [],
        timeMs: timeOf(n),
      }
    })
    await sent
    sent = writer.send(batch)
  }
  await sent
}

const began = performance.now()
await fill()
const seconds = (performance.now() - began) / 1000
console.log(machineLine())
console.log(
  `${records} messages of ${recordBytes} bytes in ${partitions} partitions, written in ${seconds.toFixed(1)} s`,
)

const kafka: Kafka = { admin, writer, peek, openPeek: () => client.peek() }
await using api = await startTestApi({ kafka, checkAnswers: false, searchBudget: scanBudget })
const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)

const get = async (path: string, query: Readonly<Record<string, string>>): Promise<string> => {
  const url = `${address}/api/topics/${topic}/${path}?${new URLSearchParams(query).toString()}`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${testKey}` } })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text}`)
  return text
}

const measure = async (name: string, times: number, call: () => Promise<string>): Promise<void> => {
  for (let i = 0; i < 5; i++) await call()
  const took: number[] = []
  const pid = broker.pid() ?? process.pid
  const cpuBefore = cpuSecondsOf(process.pid) + cpuSecondsOf(pid)
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await call()
    took.push(performance.now() - start)
  }
  const cpuMs = ((cpuSecondsOf(process.pid) + cpuSecondsOf(pid) - cpuBefore) * 1000) / times
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1).padStart(8)
  console.log(
    `${name.padEnd(34)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   most ${at(1)} ms   CPU of all ${cpuMs.toFixed(1)} ms a call`,
  )
}

const anyTime = (): string => new Date(timeOf(randomInteger(random, 0, records - 1))).toISOString()
const anyPlace = (): string =>
  `messages/${randomInteger(random, 0, partitions - 1)}/${randomInteger(random, 0, Math.floor(records / partitions) - 1)}`
const day = { from: new Date(startMs).toISOString(), until: new Date(startMs + dayMs).toISOString() }

await measure('50 messages from a time', calls, () => get('messages', { from: `time:${anyTime()}` }))
await measure('50 messages before a time', calls, () => get('messages', { from: `before:${anyTime()}` }))
await measure('the newest 50', calls, () => get('messages', {}))
await measure('one message', calls, () => get(anyPlace(), {}))
await measure('counts over time, 60 stretches', Math.min(calls, 50), () => get('histogram', day))

const search = async (from: string): Promise<void> => {
  const start = performance.now()
  const answer = await get('messages', { from, filter: 'event.kind == "none"' })
  const fieldOf = (name: string): number => Number(new RegExp(`"${name}":(\\d+)`).exec(answer)?.[1])
  const scanned = fieldOf('scanned')
  const elapsed = fieldOf('elapsed_ms')
  const perSecond = Math.round(scanned / (elapsed / 1000))
  console.log(
    `search from the ${from}: ${scanned} messages in ${elapsed} ms, ${perSecond} a second; answered after ${(performance.now() - start).toFixed(0)} ms`,
  )
}
await search('earliest')
await search('newest')
console.log(`resident memory of the process: ${residentMegabytesOf(process.pid)} MB`)
