/**
 * The live status of `sluice up`, as lines: what runs where, and for each pipeline its rates, lag and ledger.
 * Pure: a snapshot goes in, lines come out.
 */
import { type Paint, stateText } from './paint.ts'
import { type Column, tableLines } from './table.ts'
import { countText, durationText, fit, rateText, widthOf } from './words.ts'

export interface StatusLedger {
  readonly in: number
  readonly delivered: number
  readonly filtered: number
  readonly deduplicated: number
  readonly aggregated: number
  readonly dead_lettered: number
  readonly late: number
  readonly in_flight: number
}

export interface StatusPart {
  /** `API`, `Kafka`, `PostgreSQL`, `Worker 1`. */
  readonly name: string
  readonly state: string
  /** Address or process. */
  readonly where: string
  /** What else is worth a word: `embedded`, why it failed. */
  readonly note: string
}

export interface StatusPipeline {
  readonly name: string
  readonly state: string
  /** Why it is degraded or failed. */
  readonly reason: string | null
  /** Records a second; null where unknown. */
  readonly inPerSecond: number | null
  readonly outPerSecond: number | null
  readonly lagRecords: number | null
  readonly behindMs: number | null
  readonly ledger: StatusLedger
  /** What the ledger cannot account for. */
  readonly gap: number
  readonly deadLetters: number
}

/** A link that signs in once. Secret: for the person at the terminal alone. */
export interface StatusLink {
  readonly url: string
  readonly expiresAtMs: number
}

export interface StatusSnapshot {
  readonly atMs: number
  readonly startedAtMs: number
  readonly version: string
  readonly parts: readonly StatusPart[]
  readonly pipelines: readonly StatusPipeline[]
  /** null where nobody reads it, and when it works no more. */
  readonly signIn: StatusLink | null
  /** Commands to try next, one a line. */
  readonly hints: readonly string[]
}

export interface ViewSize {
  readonly columns: number
  /** More lines than this are left out, pipelines first. */
  readonly rows: number
}

const outcomes = [
  ['delivered', 'delivered'],
  ['filtered', 'filtered'],
  ['deduplicated', 'deduplicated'],
  ['aggregated', 'aggregated'],
  ['dead_lettered', 'dead'],
  ['late', 'late'],
  ['in_flight', 'in flight'],
] as const

/** The balance of a ledger in a line: `in 12 = delivered 10 + filtered 2`, with what is zero left out. */
export const ledgerText = (ledger: StatusLedger): string => {
  const parts = outcomes.filter(([name]) => ledger[name] > 0)
  const right = parts.map(([name, word]) => `${word} ${countText(ledger[name])}`).join(' + ')
  return `in ${countText(ledger.in)} = ${right === '' ? '0' : right}`
}

export const addUp = (pipelines: readonly { readonly ledger: StatusLedger }[]): StatusLedger => {
  const sum = {
    in: 0,
    delivered: 0,
    filtered: 0,
    deduplicated: 0,
    aggregated: 0,
    dead_lettered: 0,
    late: 0,
    in_flight: 0,
  }
  for (const { ledger } of pipelines) {
    sum.in += ledger.in
    for (const [name] of outcomes) sum[name] += ledger[name]
  }
  return sum
}

const partColumns: readonly Column<StatusPart>[] = [
  { title: 'Part', cell: ({ name }) => name, least: 8 },
  {
    title: 'State',
    cell: ({ state }) => stateText(state),
  },
  { title: 'Where', cell: ({ where }) => where, least: 12 },
  { title: 'Note', cell: ({ note }) => ({ text: note, tone: 'soft' }), least: 4 },
]

const pipelineColumns: readonly Column<StatusPipeline>[] = [
  { title: 'Pipeline', cell: ({ name }) => name, least: 10 },
  { title: 'State', cell: ({ state }) => stateText(state) },
  { title: 'In/s', cell: ({ inPerSecond }) => rateText(inPerSecond), right: true },
  { title: 'Out/s', cell: ({ outPerSecond }) => rateText(outPerSecond), right: true },
  { title: 'Lag', cell: ({ lagRecords }) => countText(lagRecords), right: true },
  { title: 'Behind', cell: ({ behindMs }) => durationText(behindMs), right: true },
  {
    title: 'Dead',
    cell: ({ deadLetters }) => ({ text: countText(deadLetters), tone: deadLetters > 0 ? 'warn' : 'plain' }),
    right: true,
  },
  {
    title: 'Ledger',
    cell: ({ gap }) =>
      gap === 0 ? { text: '✓', tone: 'ok' } : { text: `✕ ${countText(gap)} off`, tone: 'bad' },
  },
]

const ledgerLine = (snapshot: StatusSnapshot, paint: Paint, columns: number): string => {
  const gap = snapshot.pipelines.reduce((sum, pipeline) => sum + Math.abs(pipeline.gap), 0)
  const verdictText = gap === 0 ? '✓ balanced' : `✕ ${countText(gap)} unaccounted for`
  const text = `Ledger  ${ledgerText(addUp(snapshot.pipelines))}`
  return `${fit(text, columns - widthOf(verdictText) - 2)}  ${paint(gap === 0 ? 'ok' : 'bad', verdictText)}`
}

const reasonLines = (pipelines: readonly StatusPipeline[], paint: Paint, columns: number): string[] =>
  pipelines
    .filter(({ reason }) => reason !== null)
    .map(({ name, reason }) => paint('warn', fit(`${name}: ${reason ?? ''}`, columns)))

/** A link that had to be cut would lead nowhere, so it is left out where it does not fit. */
const linkLines = ({ atMs, signIn }: StatusSnapshot, paint: Paint, columns: number): string[] => {
  if (signIn === null || widthOf(signIn.url) > columns) return []
  const left = durationText(Math.max(0, signIn.expiresAtMs - atMs))
  return [`Open this to sign in; it works once, for ${left}:`, paint('accent', signIn.url), '']
}

/** The whole view. Never wider than `columns`, never longer than `rows`. */
export const statusLines = (
  snapshot: StatusSnapshot,
  { columns, rows }: ViewSize,
  paint: Paint,
): string[] => {
  const { parts, pipelines, hints, version } = snapshot
  const head = fit(
    `Sluice ${version} · up for ${durationText(snapshot.atMs - snapshot.startedAtMs)} · Ctrl-C drains and stops`,
    columns,
  )
  const top = [
    paint('strong', head),
    '',
    ...tableLines(parts, partColumns, columns, paint),
    '',
    ...linkLines(snapshot, paint, columns),
  ]
  const reasons = reasonLines(pipelines, paint, columns)
  const bottom = [
    ...(pipelines.length === 0
      ? [paint('soft', 'No pipeline yet.')]
      : [ledgerLine(snapshot, paint, columns)]),
    ...reasons,
    ...(hints.length === 0 ? [] : ['', ...hints.map((hint) => paint('soft', fit(hint, columns)))]),
  ]
  const space = Math.max(1, rows - top.length - bottom.length - 2)
  const table = pipelines.length === 0 ? [] : tableLines(pipelines, pipelineColumns, columns, paint)
  const shown = table.slice(0, space + 1)
  const left = table.length - shown.length
  const more = left > 0 ? [paint('soft', `and ${left} more; sluice pipelines list shows all`)] : []
  return [...top, ...shown, ...more, ...bottom].slice(0, Math.max(1, rows - 1))
}

/** One plain line about everything, for where no terminal is. */
export const summaryLine = ({ pipelines }: StatusSnapshot): string => {
  const sum = (of: (pipeline: StatusPipeline) => number | null): number | null => {
    const known = pipelines.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  const running = pipelines.filter(({ state }) => state === 'running').length
  const gap = pipelines.reduce((total, pipeline) => total + Math.abs(pipeline.gap), 0)
  return [
    `${running}/${pipelines.length} pipelines running`,
    `in ${rateText(sum(({ inPerSecond }) => inPerSecond))}/s`,
    `out ${rateText(sum(({ outPerSecond }) => outPerSecond))}/s`,
    `lag ${countText(sum(({ lagRecords }) => lagRecords))}`,
    `dead ${countText(sum(({ deadLetters }) => deadLetters))}`,
    `ledger ${gap === 0 ? 'balanced' : `${countText(gap)} unaccounted for`} (${ledgerText(addUp(pipelines))})`,
  ].join(', ')
}

/**
 * What changed between two snapshots, a line each: states of parts, and pipelines that are gone. How pipelines change
 * their state stands in the log, which goes the same way.
 */
export const changeLines = (before: StatusSnapshot | null, after: StatusSnapshot): string[] => {
  const stateBefore = new Map((before?.parts ?? []).map(({ name, state }) => [name, state]))
  const parts = after.parts
    .filter(({ name, state }) => stateBefore.get(name) !== state)
    .map(({ name, state, where, note }) => `${name} ${state}: ${where}${note === '' ? '' : ` (${note})`}`)
  const gone = (before?.pipelines ?? [])
    .filter(({ name }) => !after.pipelines.some((pipeline) => pipeline.name === name))
    .map(({ name, state }) => `pipeline ${name} left the configuration (was ${state})`)
  return [...parts, ...gone]
}
