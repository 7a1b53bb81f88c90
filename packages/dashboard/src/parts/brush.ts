/**
 * The window that is drawn over a histogram to seek in time: arithmetic only, in milliseconds and pixels.
 *
 * - A window never leaves the histogram and is never narrower than one bucket.
 * - What is dragged snaps to buckets: the count shown for a window is then the count of whole buckets.
 */

/** Time from (included) until (not included), in milliseconds since 1970. */
export interface TimeRange {
  readonly from: number
  readonly until: number
}

/** What is moved: an edge, the whole window, or a new window being drawn. */
export type Grip = 'from' | 'until' | 'whole' | 'new'

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

export const xOfTime = (time: number, all: TimeRange, widthPx: number): number =>
  all.until === all.from ? 0 : ((time - all.from) / (all.until - all.from)) * widthPx

export const timeOfX = (x: number, all: TimeRange, widthPx: number): number =>
  widthPx === 0 ? all.from : all.from + (clamp(x, 0, widthPx) / widthPx) * (all.until - all.from)

/** The nearest border between buckets. */
export const snap = (time: number, all: TimeRange, bucketMs: number): number =>
  clamp(all.from + Math.round((time - all.from) / bucketMs) * bucketMs, all.from, all.until)

/** What a pointer at `x` would take hold of; edges are `reachPx` wide on both sides. */
export const gripAt = (
  x: number,
  window: TimeRange | null,
  all: TimeRange,
  widthPx: number,
  reachPx = 6,
): Grip => {
  if (window === null) return 'new'
  const left = xOfTime(window.from, all, widthPx)
  const right = xOfTime(window.until, all, widthPx)
  if (Math.abs(x - right) <= reachPx) return 'until'
  if (Math.abs(x - left) <= reachPx) return 'from'
  return x > left && x < right ? 'whole' : 'new'
}

/** The window after a drag from `start` to `now` (both times), begun with `before` under the pointer. */
export const drag = (
  grip: Grip,
  before: TimeRange | null,
  start: number,
  now: number,
  all: TimeRange,
  bucketMs: number,
): TimeRange => {
  const old = before ?? all
  if (grip === 'whole') {
    const lengthMs = old.until - old.from
    const from = clamp(snap(old.from + now - start, all, bucketMs), all.from, all.until - lengthMs)
    return { from, until: from + lengthMs }
  }
  const fixed = grip === 'from' ? old.until : grip === 'until' ? old.from : snap(start, all, bucketMs)
  const moved = snap(now, all, bucketMs)
  const from = Math.min(fixed, moved)
  const until = Math.max(fixed, moved)
  if (until - from >= bucketMs) return { from, until }
  const held = clamp(from, all.from, Math.max(all.from, all.until - bucketMs))
  return { from: held, until: Math.min(held + bucketMs, all.until) }
}

/** The window moved by whole buckets (arrow keys), or its end alone (with shift). */
export const nudge = (
  window: TimeRange | null,
  buckets: number,
  endOnly: boolean,
  all: TimeRange,
  bucketMs: number,
): TimeRange => {
  const old = window ?? { from: all.until - bucketMs, until: all.until }
  return endOnly
    ? drag('until', old, old.until, old.until + buckets * bucketMs, all, bucketMs)
    : drag('whole', old, old.from, old.from + buckets * bucketMs, all, bucketMs)
}

/** Round times for an axis: at most `most` of them, at seconds, minutes, hours or days. */
export const axisTimes = (all: TimeRange, most: number): readonly number[] => {
  const second = 1_000
  const steps = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  ]
  const lengthMs = all.until - all.from
  let stepMs = (steps.find((step) => lengthMs / (step * second) <= most) ?? 86_400) * second
  while (lengthMs / stepMs > most) stepMs *= 2
  const first = Math.ceil(all.from / stepMs) * stepMs
  const times: number[] = []
  for (let time = first; time <= all.until && times.length < most; time += stepMs) times.push(time)
  return times
}
