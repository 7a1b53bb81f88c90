/** Whether a pipeline keeps up, from how its lag went over the last seconds. Decides only. */

export interface LagSample {
  readonly atMs: number
  /** null where it is not known. */
  readonly lagRecords: number | null
  readonly inPerSecond: number | null
}

export type LagVerdict = 'keeping up' | 'falling behind' | 'catching up' | 'stalled' | 'idle' | 'unknown'

/** Samples older than this say nothing about now. */
export const trendMs = 15_000
/** So long must be seen before a trend is told. */
const trendMsMin = 4_000
/** Lag that is read within this time is what is in flight. */
const inFlightSeconds = 2

/** Adds a sample and drops what is too old. */
export const withSample = (samples: readonly LagSample[], sample: LagSample): readonly LagSample[] => [
  ...samples.filter(({ atMs }) => sample.atMs - atMs <= trendMs),
  sample,
]

/** @param samples oldest first, of a pipeline that is wanted running */
export const lagVerdict = (samples: readonly LagSample[]): LagVerdict => {
  const known = samples.flatMap(({ atMs, lagRecords: lag, inPerSecond }) =>
    lag === null ? [] : [{ atMs, lag, rate: inPerSecond ?? 0 }],
  )
  const first = known[0]
  const last = known.at(-1)
  if (first === undefined || last === undefined || samples.at(-1)?.lagRecords === null) return 'unknown'
  if (last.lag === 0) return last.rate > 0 ? 'keeping up' : 'idle'
  if (last.lag <= last.rate * inFlightSeconds) return 'keeping up'
  const spanMs = last.atMs - first.atMs
  if (spanMs < trendMsMin) return 'unknown'
  const grew = last.lag - first.lag
  const isReading = known.some(({ rate }) => rate > 0)
  if (!isReading && grew >= 0) return 'stalled'
  // A tenth is noise: what arrives in bursts goes up and down.
  if (grew > first.lag / 10 && grew > 1) return 'falling behind'
  return grew < 0 ? 'catching up' : 'keeping up'
}
