/** This machine: its newest measurements, and a measure over time. */
import type { CallInput } from './call.adapter.ts'
import { useAnswer } from './queries.ts'
import { rangeQueryOf } from './series.ts'

export type HostMeasure = NonNullable<NonNullable<CallInput<'sensors', 'host_series'>['query']>['measure']>

interface Range {
  readonly fromMs: number
  readonly toMs: number
}

const noPoints: readonly (readonly [number, number | null])[] = []

/** Points of a measure; none until the machine is known. */
export const useHostSeries = (host: string | null, measure: HostMeasure, range: Range) =>
  useAnswer(
    'sensors',
    'host_series',
    { query: { host: host ?? '', measure, ...rangeQueryOf(range) } },
    { enabled: host !== null, keepPrevious: true },
  ).data?.points ?? noPoints

/** A number of a row, where it is one. */
export const numberIn = (row: Readonly<Record<string, unknown>> | undefined, name: string): number | null => {
  const value = row?.[name]
  return typeof value === 'number' ? value : null
}

export const sumOf = (...values: readonly (number | null)[]): number | null =>
  values.reduce((sum, value) => (sum === null || value === null ? null : sum + value))
