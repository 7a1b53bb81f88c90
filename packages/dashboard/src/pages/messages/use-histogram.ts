/** How many messages there are over time. While the range moves it is asked again now and then; a search rarely. */
import { useMemo } from 'react'
import { useAnswer } from '../../client/queries.ts'
import type { TimeRange } from '../../parts/brush.ts'
import type { HistogramBucket } from '../../parts/histogram.tsx'

const everyMs = 5_000
const everyFilteredMs = 30_000

/** Asked for whole steps, so that pages and visits share an answer. */
const steady = (time: number, stepMs: number): string =>
  new Date(Math.ceil(time / stepMs) * stepMs).toISOString()

export const useHistogram = (
  topic: string,
  range: TimeRange,
  question: { readonly filter?: string; readonly partition?: number },
  buckets: number,
) => {
  const stepMs = question.filter === undefined ? everyMs : everyFilteredMs
  const asked = useAnswer(
    'messages',
    'histogram',
    {
      params: { name: topic },
      query: {
        from: steady(range.from, stepMs),
        until: steady(range.until, stepMs),
        buckets,
        filter: question.filter,
        partition: question.partition,
      },
    },
    { keepPrevious: true },
  )
  const { data } = asked
  const shown = useMemo(
    (): { readonly buckets: readonly HistogramBucket[]; readonly range: TimeRange } | null =>
      data === undefined
        ? null
        : {
            buckets: data.data.map((bucket) => ({
              from: Date.parse(bucket.from),
              until: Date.parse(bucket.until),
              count: bucket.count,
              matched: bucket.matched,
            })),
            range: { from: Date.parse(data.from), until: Date.parse(data.until) },
          },
    [data],
  )
  return { shown, answer: data, error: asked.error, refetch: asked.refetch }
}
