/**
 * Many WebSocket clients that watch one topic, in a process of their own: `ADDRESS KEY TOPIC CLIENTS`.
 *
 * One in ten reads what it gets and measures how old each row is; one reads nothing for a while now and then. On a line of
 * standard input it prints its figures as JSON and begins anew.
 */
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const [address = '', key = '', topic = '', clients = '50'] = process.argv.slice(2)

interface Update {
  readonly data: readonly { readonly value: { readonly at: number } }[]
}

const isUpdate = (value: unknown): value is Update =>
  typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)

let updates = 0
let bytes = 0
let rows = 0
let dropped = 0
let slowDropped = 0
let ages: number[] = []
const lastAtMs = new Map<number, number>()
let longestPauseMs = 0

const open = (index: number): void => {
  const isSlow = index === 1
  const reads = index % 10 === 0
  const socket = new WebSocket(`${address}/api/live`, { headers: { authorization: `Bearer ${key}` } })
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'subscribe', id: 'tail', channel: 'messages', params: { topic } })),
  )
  socket.on('error', (error) => {
    throw error
  })
  if (isSlow) setInterval(() => (socket.isPaused ? socket.resume() : socket.pause()), 3_000)
  socket.on('message', (data: Buffer) => {
    const head = data.subarray(0, 120).toString()
    const left = /^\{"type":"update".*"dropped":(\d+)/.exec(head)?.[1]
    if (left === undefined) return
    const nowMs = Date.now()
    bytes += data.length
    updates++
    if (isSlow) {
      slowDropped += Number(left)
      return
    }
    const last = lastAtMs.get(index)
    if (last !== undefined) longestPauseMs = Math.max(longestPauseMs, nowMs - last)
    lastAtMs.set(index, nowMs)
    if (!reads) return
    const update: unknown = JSON.parse(data.toString())
    if (!isUpdate(update)) throw new Error(`no update: ${head}`)
    dropped += Number(left)
    rows += update.data.length
    for (const { value } of update.data) ages.push(nowMs - value.at)
  })
}

for (let i = 0; i < Number(clients); i++) open(i)

const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null

createInterface({ input: process.stdin }).on('line', () => {
  const sorted = ages.toSorted((a, b) => a - b)
  const age = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? null }
  console.log(JSON.stringify({ updates, bytes, rows, dropped, slowDropped, longestPauseMs, age }))
  updates = 0
  bytes = 0
  rows = 0
  dropped = 0
  slowDropped = 0
  longestPauseMs = 0
  ages = []
})
