/** `sluice top`: pipelines as they go, redrawn each second. */
import { contract } from '../../contract/index.ts'
import { RemoteFault } from '../client-transport.ts'
import type { CommandContext } from '../command.ts'
import { failureOf } from '../failure.ts'
import { type LagSample, lagVerdict, withSample } from '../lag-trend.ts'
import { defineCommand } from '../options.adapter.ts'
import { printHints } from '../output.ts'
import { paintWith } from '../paint.ts'
import { type TopMachine, type TopPipeline, type TopSnapshot, topLines, topTotal } from '../top-view.ts'
import type { Typed } from '../typed.ts'
import { deadHint } from './pipelines.ts'

const everyMs = 1_000
const running: readonly string[] = ['running', 'degraded']

/** A machine that was not measured for so long is not shown. */
const freshMs = 60_000

const numberAt = (row: Readonly<Record<string, unknown>>, name: string): number | null => {
  const value = row[name]
  return typeof value === 'number' ? value : null
}

const sumOf = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

const machineOf = (row: Readonly<Record<string, unknown>> | undefined, nowMs: number): TopMachine | null => {
  if (row === undefined || !(nowMs - Date.parse(String(row['timestamp'])) < freshMs)) return null
  const number = (name: string): number | null => numberAt(row, name)
  return {
    host: String(row['host']),
    cpuPercent: number('cpu_percent'),
    memoryUsedBytes: number('memory_used_bytes'),
    memoryTotalBytes: number('memory_total_bytes'),
    diskBytesPerSecond: sumOf(number('disk_read_bytes_per_s'), number('disk_write_bytes_per_s')),
    networkBytesPerSecond: sumOf(number('network_received_bytes_per_s'), number('network_sent_bytes_per_s')),
  }
}

/** The newest row of the machine; undefined where there is none, or where the key may not see it. */
const newestMachine = async (client: CommandContext['client'], signal: AbortSignal) => {
  try {
    const { data } = await client.call(
      contract.sensors.endpoints.host_metrics,
      { query: { limit: 1 } },
      signal,
    )
    return data[0]
  } catch (error) {
    if (error instanceof RemoteFault) return undefined
    throw error
  }
}

/** What a snapshot is made from, with the memory that trends need. */
const createLook = ({ client, clock }: CommandContext) => {
  let trends = new Map<string, readonly LagSample[]>()
  return async (signal: AbortSignal): Promise<TopSnapshot> => {
    const [{ data }, health, row] = await Promise.all([
      client.call(contract.pipelines.endpoints.list, {}, signal),
      client.call(contract.health.endpoints.health, {}, signal),
      newestMachine(client, signal),
    ])
    const atMs = clock.now()
    const next = new Map<string, readonly LagSample[]>()
    const pipelines = data.map((one): TopPipeline => {
      const inPerSecond = one.rates?.in_per_second ?? null
      const lagRecords = one.lag?.records ?? null
      const samples = withSample(trends.get(one.name) ?? [], { atMs, lagRecords, inPerSecond })
      next.set(one.name, samples)
      const seconds = one.lag?.seconds ?? null
      return {
        name: one.name,
        state: one.state,
        reason: one.reason,
        inPerSecond,
        outPerSecond: one.rates?.out_per_second ?? null,
        lagRecords,
        behindMs: seconds === null ? null : seconds * 1_000,
        verdict: running.includes(one.state) ? lagVerdict(samples) : 'unknown',
        deadLetters: one.dead_letters,
        gap: one.ledger.gap,
      }
    })
    trends = next
    return {
      atMs,
      address: client.address,
      health: health.status,
      problem: null,
      pipelines,
      machine: machineOf(row, Date.parse(health.timestamp)),
    }
  }
}

const jsonOf = (snapshot: TopSnapshot): string =>
  `${JSON.stringify({ ...snapshot, total: topTotal(snapshot) })}\n`

/** The other screen of the terminal, so that what was there before comes back. */
const screen = {
  open: '\u001B[?1049h\u001B[?25l',
  close: '\u001B[?25h\u001B[?1049l',
  frame: (lines: readonly string[]): string =>
    `\u001B[H${lines.map((line) => `${line}\u001B[K`).join('\r\n')}\u001B[J`,
}

/** Aborts when somebody presses q, Escape or Ctrl-C. */
const untilQuit = async ({ io }: CommandContext, quit: AbortController): Promise<void> => {
  for await (const keys of io.keys(quit.signal)) {
    if (keys === 'q' || keys === 'Q' || keys === '\u0003' || keys === '\u001B') {
      quit.abort()
      return
    }
  }
}

/** Said below the view: what somebody may type next. */
const footerOf = ({ pipelines }: TopSnapshot, typed: Typed): string =>
  pipelines.some(({ deadLetters }) => deadLetters > 0)
    ? `q quits   ${typed('sluice dead')} lists what was refused`
    : `q quits   ${typed('sluice pipelines show NAME')} tells more`

const watch = async (context: CommandContext): Promise<void> => {
  const { client, clock, io, signal, typed } = context
  const look = createLook(context)
  const paint = paintWith(io.colourOut)
  const quit = new AbortController()
  const ended = AbortSignal.any([signal, io.readerGone, quit.signal])
  const reading = untilQuit(context, quit)
  let last: TopSnapshot = {
    atMs: clock.now(),
    address: client.address,
    health: null,
    problem: null,
    pipelines: [],
    machine: null,
  }
  await io.out(screen.open)
  try {
    while (!ended.aborted) {
      try {
        last = await look(ended)
      } catch (error) {
        if (ended.aborted) break
        const { error: says, next } = failureOf(error, 'sluice doctor')
        last = { ...last, atMs: clock.now(), health: null, problem: `${says} Try: ${next}` }
      }
      const size = { columns: io.columns(), rows: io.rows() }
      await io.out(screen.frame(topLines(last, size, paint, footerOf(last, typed))))
      await clock.sleep(everyMs, ended)
    }
  } finally {
    quit.abort()
    await io.out(screen.close)
    await reading
  }
}

const stream = async (context: CommandContext): Promise<void> => {
  const { clock, io, signal } = context
  const look = createLook(context)
  const ended = AbortSignal.any([signal, io.readerGone])
  while (!ended.aborted) {
    await io.out(jsonOf(await look(ended)))
    await clock.sleep(everyMs, ended)
  }
}

export const topCommand = defineCommand({
  path: ['top'],
  summary: 'Watch pipelines live',
  description:
    'Each second: this machine; state, rates, lag with a verdict from how it went over the last 15 s, dead letters; those in ' +
    'trouble first. `q` quits. Where the output is no terminal, it is printed once; with `--json`, a snapshot a line.',
  positionals: [],
  options: { once: { type: 'flag', description: 'Print it once and end.' } },
  examples: [
    { line: 'sluice top', says: 'until q' },
    { line: 'sluice top --once', says: 'how it is now' },
    { line: 'sluice top --json | jq .total', says: 'a line each second' },
  ],
  next: 'sluice doctor',
  run: async (context, { options }) => {
    const { io, signal } = context
    const isJson = context.options.json
    if (isJson && !options.once) return stream(context)
    if (io.stdoutIsTerminal && !options.once) return watch(context)
    const snapshot = await createLook(context)(signal)
    if (isJson) return io.out(jsonOf(snapshot))
    const size = { columns: io.columns(), rows: Number.MAX_SAFE_INTEGER }
    await io.out(`${topLines(snapshot, size, paintWith(io.colourOut), '').join('\n')}\n`)
    const refused = snapshot.pipelines.some(({ deadLetters }) => deadLetters > 0)
    printHints(context, refused ? [deadHint] : [])
  },
})
