/** Series as a chart wants them: one list of times, a column for each series, and gaps where nothing was measured. */
import { shortText } from './format.ts'
import type { Points } from './spark.tsx'

export interface ChartSeries {
  readonly name: string
  readonly points: Points
  /** A colour by name (`var(--d1)`); by its place where it is left out. */
  readonly color?: string
  /** Pixels; a line that another one may cover is broader. */
  readonly width?: number
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

/** As many digits as the steps of the axis need: 1019.5 and 1020 must not both read 1k, nor 0.025 read 0.03. */
export const axisText = (value: number, step: number): string => {
  if (step >= 500 || Math.abs(value) >= 100_000) return shortText(value)
  const digits =
    [0, 1, 2, 3, 4, 5, 6].find((count) => Math.abs(step - Number(step.toFixed(count))) < step / 100) ?? 6
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** The top of the scale: a round number above the largest value, 1 where there is none. */
export const scaleTop = (most: number | null): number => {
  if (most === null || most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= most) ?? 10
  return step * power
}

/**
 * Where the words of marks stand beside their lines, so that none lies over another: right of the line, else left of it.
 * The newest are placed first; null: there is no room, and only the line is drawn. All in pixels.
 */
export const placedWords = (
  marks: readonly { readonly x: number; readonly width: number }[],
  { left, right, gap }: { readonly left: number; readonly right: number; readonly gap: number },
): readonly (number | null)[] => {
  const taken: (readonly [from: number, to: number])[] = []
  const isFree = (from: number, to: number): boolean =>
    from >= left && to <= right && taken.every(([start, end]) => to + gap <= start || from >= end + gap)
  const places = marks.map((): number | null => null)
  const newestFirst = marks.map((_, at) => at).toSorted((a, b) => (marks[b]?.x ?? 0) - (marks[a]?.x ?? 0))
  for (const at of newestFirst) {
    const { x, width } = marks[at] ?? { x: 0, width: 0 }
    const from = [x + gap, x - gap - width].find((start) => isFree(start, start + width))
    if (from === undefined) continue
    places[at] = from
    taken.push([from, from + width])
  }
  return places
}

/** What happened beside a point of a chart: marks nearer to its time than `nearMs`. */
export const marksNear = (
  marks: readonly ChartMark[],
  timeMs: number,
  nearMs: number,
): readonly ChartMark[] => marks.filter(({ atMs }) => Math.abs(atMs - timeMs) <= nearMs)
