/** Series in components: asked again as time goes on, the answer before shown until the next one is there. */
import { useMemo } from 'react'
import type { Answer } from './call.adapter.ts'
import { useAnswer } from './queries.ts'

export type SeriesRow = Answer<'series', 'read'>['data'][number]

interface Range {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * The range as the API takes it. Moving ranges go on in steps of about a pixel: within one the question is the same, and
 * its answer is shared.
 */
export const rangeQueryOf = ({ fromMs, toMs }: Range): { from: string; to: string } => {
  const stepMs = Math.max(5_000, Math.round((toMs - fromMs) / 300_000) * 1_000)
  const round = (timeMs: number): string => new Date(Math.floor(timeMs / stepMs) * stepMs).toISOString()
  return { from: round(fromMs), to: round(toMs) }
}

/** Rows by name and subject: `rows.get('pipeline.in orders')`. */
export const useSeries = (
  names: readonly string[],
  range: Range,
  options: { readonly subject?: string; readonly step?: string; readonly enabled?: boolean } = {},
): { rows: ReadonlyMap<string, SeriesRow>; stepMs: number | null; error: unknown; isLoading: boolean } => {
  const { data, error, isLoading } = useAnswer(
    'series',
    'read',
    {
      query: {
        name: names.join(','),
        subject: options.subject,
        step: options.step,
        ...rangeQueryOf(range),
      },
    },
    { keepPrevious: true, enabled: options.enabled ?? true },
  )
  const rows = useMemo(
    () => new Map((data?.data ?? []).map((row) => [`${row.name} ${row.subject}`.trim(), row])),
    [data],
  )
  return { rows, stepMs: data?.step_ms ?? null, error, isLoading }
}

export const useMarks = (range: Range): Answer<'series', 'marks'>['data'] =>
  useAnswer('series', 'marks', { query: rangeQueryOf(range) }, { keepPrevious: true }).data?.data ?? []
