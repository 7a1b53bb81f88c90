/** Series as charts ask for them: from the rows that fit, on an even grid, with gaps where nothing was measured. */
import type { Mark, Series, SeriesAnswer, SeriesQuery } from '../api/ports.ts'
import { gridOf, stepOf } from '../api/time-range.ts'
import { isSeriesName, type SeriesName, seriesDefinitions, seriesLimits } from '../contract/series.ts'
import type { Clock } from '../kernel/clock.ts'
import type { ChangeRow, SeriesRow, SeriesStore } from '../store/series.ts'
import { partsFor, sampleMs, shortestFor } from './series-plan.ts'

type Line = { readonly name: SeriesName; readonly subject: string; readonly values: Map<number, number> }

const linesOf = (rows: readonly SeriesRow[], query: SeriesQuery): readonly Line[] => {
  const lines = new Map<string, Line>()
  const lineOf = (name: SeriesName, subject: string): Line => {
    const key = `${name} ${subject}`
    const present = lines.get(key) ?? { name, subject, values: new Map<number, number>() }
    lines.set(key, present)
    return present
  }
  // What was asked for by name is answered, measured or not.
  for (const name of query.names) {
    const subjects = seriesDefinitions[name].of === 'all' ? [''] : (query.subjects ?? [])
    for (const subject of subjects) lineOf(name, subject)
  }
  for (const { name, subject, atMs, average, maximum } of rows) {
    if (!isSeriesName(name)) continue
    const value = seriesDefinitions[name].merge === 'average' ? average : maximum
    lineOf(name, subject).values.set(atMs, value)
  }
  return [...lines.values()].slice(0, seriesLimits.linesMax)
}

/** The stretch that is not over yet has no point before its first sample: a grid ends with the last that can have one. */
const endOf = (lines: readonly Line[], toMs: number, nowMs: number, stepMs: number): number => {
  const newest = lines.reduce((most, { values }) => Math.max(most, ...values.keys()), 0)
  const last = Math.floor((toMs - 1) / stepMs) * stepMs
  const isOpen = last + stepMs > nowMs - sampleMs - 1_000
  return isOpen && newest < last ? last : toMs
}

const textOf = ({ kind, revision, pipeline }: ChangeRow): string => {
  switch (kind) {
    case 'revision':
      return `revision ${revision} of the configuration`
    case 'moved':
      return `${pipeline} reads on from elsewhere`
    case 'started':
    case 'stopped':
    case 'paused':
      return `${pipeline} ${kind}`
  }
}

const markOf = (row: ChangeRow): Mark => ({
  atMs: row.atMs,
  kind: row.kind,
  pipeline: row.pipeline,
  by: row.by,
  text: textOf(row),
})

export const createSeries = (store: SeriesStore, clock: Clock): Series => ({
  read: async (query): Promise<SeriesAnswer> => {
    const nowMs = clock.now()
    const stepMs = stepOf(query, shortestFor(query.fromMs, nowMs).stepS * 1_000)
    const fromMs = Math.floor(query.fromMs / stepMs) * stepMs
    const hasAll = query.names.some((name) => seriesDefinitions[name].of === 'all')
    const rows = await store.read({
      names: query.names,
      subjects: query.subjects !== null && hasAll ? [...query.subjects, ''] : query.subjects,
      parts: partsFor(fromMs, query.toMs, stepMs, nowMs),
      mergeMs: stepMs,
      linesMax: seriesLimits.linesMax,
    })
    const lines = linesOf(rows, query)
    const toMs = endOf(lines, query.toMs, nowMs, stepMs)
    return {
      lines: lines.map(({ name, subject, values }) => ({
        name,
        subject,
        points: gridOf(values, { fromMs, toMs }, stepMs),
      })),
      fromMs,
      toMs: query.toMs,
      stepMs,
    }
  },
  marks: async (fromMs, toMs, most) => (await store.changes(fromMs, toMs, most)).map(markOf).toReversed(),
})
