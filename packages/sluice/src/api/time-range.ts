/** The stretch of time that a chart asks for, checked and cut into points. Pure. */
import { seriesLimits } from '../contract/series.ts'
import { fault } from '../kernel/faults/index.ts'
import { parseDurationMs } from '../kernel/units.ts'

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
  /** null where the caller leaves it to us. */
  readonly stepMs: number | null
}

const hourMs = 3_600_000

/** @throws fault REQUEST_INVALID where it is no stretch, or a step is none */
export const rangeOf = (
  query: { readonly from?: string; readonly to?: string; readonly step?: string },
  nowMs: number,
): TimeRange => {
  const toMs = query.to === undefined ? nowMs : Date.parse(query.to)
  const fromMs = query.from === undefined ? toMs - hourMs : Date.parse(query.from)
  const stepMs = query.step === undefined ? null : (parseDurationMs(query.step) ?? 0)
  if (!Number.isFinite(toMs)) throw fault('REQUEST_INVALID', { field: 'to', problem: 'is no time' })
  if (!Number.isFinite(fromMs)) throw fault('REQUEST_INVALID', { field: 'from', problem: 'is no time' })
  if (fromMs >= toMs) throw fault('REQUEST_INVALID', { field: 'from', problem: 'is not before `to`' })
  if (stepMs !== null && stepMs < 1)
    throw fault('REQUEST_INVALID', { field: 'step', problem: 'is no duration' })
  return { fromMs, toMs, stepMs }
}

/** Lengths that people read easily. */
const niceSteps = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * 1_000)
const wantedPoints = 300

/**
 * The step: as wanted where that gives no more points than are allowed, else the next longer that does.
 * @param leastMs no step is shorter, and each is a multiple of it
 */
export const stepOf = ({ fromMs, toMs, stepMs }: TimeRange, leastMs: number): number => {
  const spanMs = toMs - fromMs
  const chosen =
    stepMs ??
    niceSteps.find((nice) => nice >= leastMs && spanMs / nice <= wantedPoints) ??
    spanMs / wantedPoints
  const fits = Math.max(chosen, spanMs / (seriesLimits.pointsMax - 2), leastMs)
  return Math.ceil(fits / leastMs) * leastMs
}

/** Puts values into every stretch from `fromMs` on; null where there is none. */
export const gridOf = (
  values: ReadonlyMap<number, number>,
  { fromMs, toMs }: Pick<TimeRange, 'fromMs' | 'toMs'>,
  stepMs: number,
): [number, number | null][] => {
  const grid: [number, number | null][] = []
  for (let at = Math.floor(fromMs / stepMs) * stepMs; at < toMs; at += stepMs) {
    grid.push([at, values.get(at) ?? null])
  }
  return grid
}
