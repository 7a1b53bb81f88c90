/**
 * Which points are kept for how long, when longer ones are made of shorter ones, and from which of them a question is
 * answered. Decisions only: times go in.
 */
import type { SeriesPart } from '../store/series.ts'

export interface Resolution {
  readonly stepS: number
  readonly keepMs: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Shortest first; each is a multiple of the one before. At most 7,200 rows a series. */
export const resolutions = [
  { stepS: 5, keepMs: 2 * hourMs },
  { stepS: 60, keepMs: 2 * dayMs },
  { stepS: 900, keepMs: 30 * dayMs },
] as const satisfies readonly Resolution[]

export const sampleMs = resolutions[0].stepS * 1_000

/** So many series are kept at the most: what comes after them in the order of a sample is left out. */
export const seriesMax = 2_000

/** A stretch is summed up only when its last sample had time to be written. */
const settleMs = 10_000

const floorTo = (ms: number, stepS: number): number => Math.floor(ms / (stepS * 1_000)) * stepS * 1_000

/** Where the points of this length end for sure: from here on shorter ones are read. */
export const settledMs = (stepS: number, nowMs: number): number => floorTo(nowMs - settleMs, stepS)

export interface Rollup {
  readonly fromS: number
  readonly toS: number
  readonly fromMs: number
  readonly toMs: number
}

/**
 * What is to be summed up now.
 * @param doneMs up to where each length was summed up before; null where that is not known
 */
export const rollupsDue = (doneMs: ReadonlyMap<number, number | null>, nowMs: number): readonly Rollup[] =>
  resolutions.slice(1).flatMap(({ stepS }, index) => {
    const shorter = resolutions[index]
    if (shorter === undefined) return []
    const oldest = floorTo(nowMs - shorter.keepMs, stepS)
    const fromMs = Math.max(doneMs.get(stepS) ?? oldest, oldest)
    const toMs = settledMs(stepS, nowMs)
    return fromMs < toMs ? [{ fromS: shorter.stepS, toS: stepS, fromMs, toMs }] : []
  })

/** The shortest length that reaches back so far; the longest where none does. */
export const shortestFor = (fromMs: number, nowMs: number): Resolution =>
  resolutions.find(({ keepMs }) => fromMs >= nowMs - keepMs) ?? resolutions[2]

/** From which rows stretches of `stepMs` are made: the longest that fit, and at the end the shorter ones. */
export const partsFor = (
  fromMs: number,
  toMs: number,
  stepMs: number,
  nowMs: number,
): readonly SeriesPart[] => {
  const shortest = shortestFor(fromMs, nowMs)
  const fitting = resolutions.filter(({ stepS }) => stepS >= shortest.stepS && stepMs % (stepS * 1_000) === 0)
  const longest = fitting.at(-1) ?? shortest
  const used = resolutions.filter(({ stepS }) => stepS <= longest.stepS).toReversed()
  const parts: SeriesPart[] = []
  let from = fromMs
  for (const { stepS } of used) {
    const end = stepS === resolutions[0].stepS ? toMs : Math.min(toMs, settledMs(stepS, nowMs))
    if (end > from) {
      parts.push({ stepS, fromMs: from, toMs: end })
      from = end
    }
  }
  return parts
}
