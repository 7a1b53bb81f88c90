/** How long calls took, as a histogram by entry and status. Bounded: entries and statuses are few. */
import { metrics } from '../contract/metrics.ts'
import type { Sample } from './prometheus.ts'

const boundsSeconds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Series {
  readonly endpoint: string
  readonly status: string
  readonly buckets: number[]
  sumSeconds: number
  count: number
}

export interface RequestTimes {
  observe(endpoint: string, status: number, seconds: number): void
  samples(): readonly Sample[]
}

export const createRequestTimes = (): RequestTimes => {
  const all = new Map<string, Series>()
  return {
    observe: (endpoint, status, seconds) => {
      const key = `${endpoint} ${status}`
      let series = all.get(key)
      if (series === undefined) {
        series = {
          endpoint,
          status: String(status),
          buckets: boundsSeconds.map(() => 0),
          sumSeconds: 0,
          count: 0,
        }
        all.set(key, series)
      }
      series.sumSeconds += seconds
      series.count++
      for (const [i, bound] of boundsSeconds.entries()) {
        if (seconds <= bound) series.buckets[i] = (series.buckets[i] ?? 0) + 1
      }
    },
    samples: () =>
      [...all.values()].flatMap((series): Sample[] => {
        const labels = { endpoint: series.endpoint, status: series.status }
        const metric = metrics.requests
        return [
          ...boundsSeconds.map(
            (bound, i): Sample => ({
              metric,
              suffix: '_bucket',
              labels: { ...labels, le: String(bound) },
              value: series.buckets[i] ?? 0,
            }),
          ),
          { metric, suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: series.count },
          { metric, suffix: '_sum', labels, value: series.sumSeconds },
          { metric, suffix: '_count', labels, value: series.count },
        ]
      }),
  }
}
