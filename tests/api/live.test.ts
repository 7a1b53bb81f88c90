/**
 * The live feed of a whole Sluice with a client that stops reading: what the server holds for it stays bounded, and
 * others get everything meanwhile.
 */

import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import type { KafkaWriter } from '../../packages/sluice/src/flow/kafka-ports.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'

const configuration = `
workers: 0
topics:
  busy: { partitions: 1 }
  quiet: { partitions: 1 }
pipelines: {}
`

/** Subscriptions of one connection to the same busy topic: so many times over it is owed. */
const subscriptions = 12

/** What somebody who reads gets before the other one reads on: far more than a system keeps for a socket. */
const readBytes = 40 * 1024 * 1024

/** Buffers of both ends of a socket (4 MiB and 6 MiB on Linux at the most), and what the server may hold unsent. */
const heldBytesMax = 12 * 1024 * 1024

interface Watcher extends Disposable {
  readonly socket: WebSocket
  readonly rows: readonly {
    readonly value: { readonly n: number; readonly at: number }
    readonly ageMs: number
  }[]
  /** When the server made each message, and how long it is. */
  readonly came: readonly { readonly atMs: number; readonly bytes: number }[]
  dropped: number
}

const bytesOf = (came: Watcher['came']): number => came.reduce((sum, { bytes }) => sum + bytes, 0)

interface Update {
  readonly type: string
  readonly dropped: number
  readonly data: readonly { readonly value: { readonly n: number; readonly at: number } }[]
}

/** Watches a topic; `keeps`: with every row that comes. */
const watch = async (home: SluiceHome, topic: string, times: number, keeps: boolean): Promise<Watcher> => {
  const socket = new WebSocket(`${home.http.replace('http', 'ws')}/api/live`, {
    headers: { authorization: `Bearer ${home.key()}` },
  })
  const rows: { value: { n: number; at: number }; ageMs: number }[] = []
  const came: { atMs: number; bytes: number }[] = []
  const watcher: Watcher = { socket, rows, came, dropped: 0, [Symbol.dispose]: () => socket.terminate() }
  let subscribed = 0
  socket.on('message', (data: Buffer) => {
    const head = data.subarray(0, 200).toString()
    came.push({ atMs: Date.parse(/"at":"([^"]+)"/.exec(head)?.[1] ?? ''), bytes: data.length })
    if (head.includes('"type":"subscribed"')) subscribed += 1
    watcher.dropped += Number(/"dropped":(\d+)/.exec(head)?.[1] ?? 0)
    if (!keeps || !head.includes('"type":"update"')) return
    const update = JSON.parse(data.toString()) as Update
    for (const { value } of update.data) rows.push({ value, ageMs: Date.now() - value.at })
  })
  socket.on('open', () => {
    for (let i = 0; i < times; i += 1) {
      const params = { topic }
      socket.send(JSON.stringify({ type: 'subscribe', id: `${i}`, channel: 'messages', params }))
    }
  })
  await untilHolds({ output: () => '', hasEnded: () => false }, 'it watched', () => subscribed === times)
  return watcher
}

/** Writes to both topics at a steady rate until it is told to stop; resolves to how many the quiet one got. */
const write = async (writer: KafkaWriter, signal: AbortSignal): Promise<number> => {
  const padding = 'x'.repeat(3_500)
  let n = 0
  while (!signal.aborted) {
    const at = Date.now()
    const record = (topic: string, value: object) => ({
      topic,
      partition: 0,
      key: null,
      value: Buffer.from(JSON.stringify(value)),
      headers: [],
      timeMs: at,
    })
    const busy = Array.from({ length: 20 }, () => record('busy', { at, padding }))
    await writer.send([...busy, ...Array.from({ length: 10 }, () => record('quiet', { n: n++, at }))])
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return n
}

test('a client that stops reading is held for only so much, and another one gets everything', async () => {
  using home = await sluiceHome('live-slow')
  await using sluice = await home.up(home.write(configuration))
  const kafka = openKafkaClient(
    { brokers: [home.kafka], tls: false, sasl: null, clientId: 'live-test' },
    systemClock,
    seededRandom(1),
  )
  await using writer = await kafka.writer()
  using slow = await watch(home, 'busy', subscriptions, false)
  using reader = await watch(home, 'busy', subscriptions, false)
  using quick = await watch(home, 'quiet', 1, true)
  slow.socket.pause()
  const pausedMs = Date.now()
  const ending = new AbortController()
  const writing = write(writer, ending.signal)
  await untilHolds(sluice, 'the reader got its share', () => bytesOf(reader.came) > readBytes, 120_000)
  ending.abort()
  const written = await writing
  await untilHolds(sluice, 'the quick one got every row', () => quick.rows.length >= written)
  expect(quick.rows.map(({ value }) => value.n)).toEqual(Array.from({ length: written }, (_, n) => n))
  expect(quick.dropped).toBe(0)

  const resumedMs = Date.now()
  slow.socket.resume()
  await untilHolds(sluice, 'the slow one was told what it missed', () =>
    slow.came.some(({ atMs }) => atMs > resumedMs),
  )
  expect(slow.dropped).toBeGreaterThan(0)
  const held = bytesOf(slow.came.filter(({ atMs }) => atMs > pausedMs && atMs <= resumedMs))
  expect(held).toBeGreaterThan(0)
  expect(held).toBeLessThan(heldBytesMax)
  expect(held).toBeLessThan(bytesOf(reader.came) / 3)
  const ages = quick.rows.map(({ ageMs }) => ageMs).toSorted((a, b) => a - b)
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
  process.stdout.write(
    `${megabytes(held)} MB were held for the slow one while another read ${megabytes(bytesOf(reader.came))} MB; ` +
      `${written} rows of the quick one, p99 ${ages[Math.floor(ages.length * 0.99)]} ms old\n`,
  )
})
