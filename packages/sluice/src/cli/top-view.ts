/** What `sluice top` shows, as lines: totals, the machine, then pipelines, those in trouble first. Pure. */
import type { LagVerdict } from './lag-trend.ts'
import { type Paint, paintWith, stateText, type Tone } from './paint.ts'
import type { ViewSize } from './status-view.ts'
import { type Column, tableLines } from './table.ts'
import { countText, durationText, fit, rateText, sizeText, unknown, widthOf } from './words.ts'

export interface TopPipeline {
  readonly name: string
  readonly state: string
  readonly reason: string | null
  readonly inPerSecond: number | null
  readonly outPerSecond: number | null
  readonly lagRecords: number | null
  readonly behindMs: number | null
  readonly verdict: LagVerdict
  readonly deadLetters: number
  /** What the ledger cannot account for. */
  readonly gap: number
}

/** The machine that Sluice runs on, as it measured itself last. */
export interface TopMachine {
  readonly host: string
  readonly cpuPercent: number | null
  readonly memoryUsedBytes: number | null
  readonly memoryTotalBytes: number | null
  readonly diskBytesPerSecond: number | null
  readonly networkBytesPerSecond: number | null
}

export interface TopSnapshot {
  readonly atMs: number
  readonly address: string
  /** `healthy`, `degraded`, `unhealthy`; null where the server does not answer. */
  readonly health: string | null
  /** Why it does not. */
  readonly problem: string | null
  readonly pipelines: readonly TopPipeline[]
  /** null where no pipeline brings it, or brought it for a while. */
  readonly machine: TopMachine | null
}

const plain = paintWith(false)

const verdictTones: Readonly<Record<LagVerdict, Tone>> = {
  'keeping up': 'ok',
  'catching up': 'accent',
  'falling behind': 'warn',
  stalled: 'bad',
  idle: 'idle',
  unknown: 'soft',
}

const healthTones: Readonly<Record<string, Tone>> = { healthy: 'ok', degraded: 'warn', unhealthy: 'bad' }

const columns: readonly Column<TopPipeline>[] = [
  { title: 'Pipeline', cell: ({ name }) => name, least: 8 },
  { title: 'State', cell: ({ state }) => stateText(state) },
  { title: 'In/s', cell: ({ inPerSecond }) => rateText(inPerSecond), right: true },
  { title: 'Out/s', cell: ({ outPerSecond }) => rateText(outPerSecond), right: true },
  { title: 'Lag', cell: ({ lagRecords }) => countText(lagRecords), right: true },
  { title: 'Behind', cell: ({ behindMs }) => durationText(behindMs), right: true, least: 6 },
  {
    title: 'Verdict',
    cell: ({ verdict }) => ({ text: verdict === 'unknown' ? '–' : verdict, tone: verdictTones[verdict] }),
    least: 10,
  },
  {
    title: 'Dead',
    cell: ({ deadLetters: dead }) => ({ text: countText(dead), tone: dead > 0 ? 'warn' : 'plain' }),
    right: true,
  },
]

/** What a narrow window leaves out, in this order. */
const dispensable: readonly string[] = ['Out/s', 'Behind', 'In/s', 'Dead', 'Verdict']

/** The table with as many columns as fit. */
const fittingTable = (rows: readonly TopPipeline[], width: number, paint: Paint): string[] => {
  for (let without = 0; ; without++) {
    const left = dispensable.slice(0, without)
    const kept = columns.filter(({ title }) => !left.includes(title))
    const widest = Math.max(...tableLines(rows, kept, width, plain).map(widthOf))
    if (widest <= width || without === dispensable.length) return tableLines(rows, kept, width, paint)
  }
}

/** How much somebody should look at it; less is more urgent. */
const urgency = ({ state, verdict, gap }: TopPipeline): number => {
  if (state === 'failed' || gap !== 0) return 0
  if (state === 'degraded' || verdict === 'stalled') return 1
  return verdict === 'falling behind' ? 2 : 3
}

const sum = (pipelines: readonly TopPipeline[], of: (one: TopPipeline) => number | null): number | null => {
  const known = pipelines.map(of).filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
}

/** Everything together, in a line. */
export const topTotal = ({ pipelines }: TopSnapshot): string => {
  const running = pipelines.filter(({ state }) => state === 'running').length
  const gap = sum(pipelines, (one) => one.gap) ?? 0
  return [
    `${running}/${pipelines.length} running`,
    `in ${rateText(sum(pipelines, (one) => one.inPerSecond))}/s`,
    `out ${rateText(sum(pipelines, (one) => one.outPerSecond))}/s`,
    `lag ${countText(sum(pipelines, (one) => one.lagRecords))}`,
    `dead ${countText(sum(pipelines, (one) => one.deadLetters))}`,
    gap === 0 ? 'ledger balanced' : `ledger ${countText(gap)} off`,
  ].join('   ')
}

const perSecond = (bytes: number | null): string => (bytes === null ? unknown : `${sizeText(bytes)}/s`)

/** The machine in a line. */
const machineText = (machine: TopMachine): string =>
  [
    machine.host,
    `cpu ${machine.cpuPercent === null ? unknown : `${Math.round(machine.cpuPercent)} %`}`,
    `memory ${sizeText(machine.memoryUsedBytes)} of ${sizeText(machine.memoryTotalBytes)}`,
    `disk ${perSecond(machine.diskBytesPerSecond)}`,
    `network ${perSecond(machine.networkBytesPerSecond)}`,
  ].join('   ')

/** Reasons of those that do not run as they should, as many as fit. */
const reasonLines = (shown: readonly TopPipeline[], size: ViewSize, room: number, paint: Paint): string[] =>
  shown
    .filter(({ reason }) => reason !== null)
    .slice(0, Math.max(0, room))
    .map(({ name, reason }) => paint('warn', fit(`${name}: ${reason ?? ''}`, size.columns)))

/** At most `size.rows` lines, none wider than `size.columns`. */
export const topLines = (snapshot: TopSnapshot, size: ViewSize, paint: Paint, footer: string): string[] => {
  const time = new Date(snapshot.atMs).toISOString().slice(11, 19)
  const health = snapshot.health ?? 'not there'
  const where = fit(`sluice top   ${snapshot.address}   ${time} UTC   `, Math.max(1, size.columns - 12))
  const head = [
    `${paint('strong', where)}${paint(healthTones[health] ?? 'bad', health)}`,
    fit(topTotal(snapshot), size.columns),
    ...(snapshot.machine === null ? [] : [fit(machineText(snapshot.machine), size.columns)]),
    '',
  ]
  const foot = footer === '' ? [] : ['', paint('soft', fit(footer, size.columns))]
  if (snapshot.problem !== null) {
    return [...head.slice(0, 1), '', paint('bad', fit(snapshot.problem, size.columns)), ...foot]
  }
  if (snapshot.pipelines.length === 0) return [...head, 'No pipeline yet. Define one: sluice schema', ...foot]
  const sorted = snapshot.pipelines.toSorted(
    (a, b) => urgency(a) - urgency(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
  // One line for the titles of the table, one for what is left out.
  const room = Math.max(1, size.rows - head.length - foot.length - 1)
  const shown = sorted.length > room ? sorted.slice(0, Math.max(1, room - 1)) : sorted
  const more = sorted.length - shown.length
  const table = fittingTable(shown, size.columns, paint)
  const left = size.rows - head.length - foot.length - table.length - (more > 0 ? 1 : 0) - 1
  const reasons = reasonLines(shown, size, left, paint)
  return [
    ...head,
    ...table,
    ...(more > 0
      ? [paint('soft', fit(`… and ${countText(more)} more; a higher window shows them`, size.columns))]
      : []),
    ...(reasons.length > 0 ? ['', ...reasons] : []),
    ...foot,
  ]
}
