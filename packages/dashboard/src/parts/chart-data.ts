/** Series as a chart wants them: one list of times, a column for each series, and gaps where nothing was measured. */
import type { Points } from './spark.tsx'

export interface ChartSeries {
  readonly name: string
  readonly points: Points
  /** A colour by name (`var(--d1)`); by its place where it is left out. */
  readonly color?: string
}

export interface ChartMark {
  readonly atMs: number
  readonly text: string
  readonly tone?: 'wn' | 'bd'
}

/** `[times, …values]`, in order of time. A time that a series does not have is a gap in it. */
export const alignSeries = (series: readonly ChartSeries[]): [number[], ...(number | null)[][]] => {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].toSorted(
    (a, b) => a - b,
  )
  const columns = series.map(({ points }) => {
    const values = new Map(points)
    return times.map((time) => values.get(time) ?? null)
  })
  return [times, ...columns]
}

/** Hues that stay apart for colour-blind readers; the ninth series and on share the last. */
export const colorOf = (index: number): string => `var(--d${Math.min(index, 7) + 1})`

/** The top of the scale: a round number above the largest value, 1 where there is none. */
export const scaleTop = (most: number | null): number => {
  if (most === null || most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= most) ?? 10
  return step * power
}
