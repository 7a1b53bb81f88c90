/** Makes points of two looks at the counters. What is not known makes none. Pure. */
import type { PipelineStatus } from '../api/ports.ts'
import type { SeriesName } from '../contract/series.ts'
import { outcomes } from '../flow/outcome.ts'
import type { SeriesPoint } from '../store/series.ts'
import { sampleMs, seriesMax } from './series-plan.ts'

/** What was seen at one moment. */
export interface Look {
  readonly atMs: number
  readonly pipelines: readonly PipelineStatus[]
  /** Records ever written, by topic. */
  readonly topics: ReadonlyMap<string, number>
  /** By group. */
  readonly groupLag: ReadonlyMap<string, number>
}

/** Two looks further apart than this tell nothing about the stretch between them. */
const apartMsMax = sampleMs * 3

interface Counters {
  readonly ended: number
  readonly outputs: number
}

/** Committed counts: they only ever grow. null where no lane is known, or its database cannot be reached. */
const countersOf = ({ lanes, ledger }: PipelineStatus): Counters | null =>
  lanes.length === 0
    ? null
    : { ended: outcomes.reduce((sum, outcome) => sum + ledger[outcome], 0), outputs: ledger.outputs }

const rate = (before: number | undefined, now: number | undefined, seconds: number): number | null =>
  before === undefined || now === undefined || now < before ? null : (now - before) / seconds

type Named = SeriesPoint & { readonly name: SeriesName }

const gaugesOf = (pipeline: PipelineStatus): readonly Named[] => {
  const { name: subject, lag, latency, deadLetters } = pipeline
  const values: Partial<Record<SeriesName, number | null | undefined>> = {
    'pipeline.lag_records': lag?.records,
    'pipeline.lag_seconds': lag === null || lag.behindMs === null ? null : Math.max(0, lag.behindMs) / 1_000,
    'pipeline.latency_p50_ms': latency?.p50Ms,
    'pipeline.latency_p99_ms': latency?.p99Ms,
    'pipeline.dead_letters': deadLetters,
  }
  const present = (name: SeriesName): Named[] => {
    const value = values[name]
    return value === null || value === undefined ? [] : [{ name, subject, value }]
  }
  return [
    ...present('pipeline.lag_records'),
    ...present('pipeline.lag_seconds'),
    ...present('pipeline.latency_p50_ms'),
    ...present('pipeline.latency_p99_ms'),
    ...present('pipeline.dead_letters'),
  ]
}

const ratesOf = (before: Look, now: Look, seconds: number): readonly Named[] => {
  const counted = new Map(before.pipelines.map((pipeline) => [pipeline.name, countersOf(pipeline)]))
  const points = now.pipelines.flatMap((pipeline): readonly Named[] => {
    const last = counted.get(pipeline.name)
    const present = countersOf(pipeline)
    const ended = rate(last?.ended, present?.ended, seconds)
    const outputs = rate(last?.outputs, present?.outputs, seconds)
    if (ended === null || outputs === null) return []
    const subject = pipeline.name
    return [
      { name: 'pipeline.in', subject, value: ended },
      { name: 'pipeline.out', subject, value: outputs },
    ]
  })
  const sum = (of: SeriesName): number =>
    points.reduce((total, { name, value }) => (name === of ? total + value : total), 0)
  // A sum without one that is not known for a moment would look like a drop.
  const told = new Set(points.map(({ subject }) => subject))
  const isWhole = now.pipelines.every(({ name }) => told.has(name) || (counted.get(name) ?? null) === null)
  if (points.length === 0 || !isWhole) return points
  return [
    { name: 'total.in', subject: '', value: sum('pipeline.in') },
    { name: 'total.out', subject: '', value: sum('pipeline.out') },
    ...points,
  ]
}

/** Most topics of a large cluster are quiet: of those so many are told. */
const quietTopicsMax = 200

/** Where there are too many, those that move are kept. */
const topicRates = (before: Look, now: Look, seconds: number): readonly Named[] => {
  const rates = [...now.topics].flatMap(([subject, written]): readonly Named[] => {
    const value = rate(before.topics.get(subject), written, seconds)
    return value === null ? [] : [{ name: 'topic.in', subject, value }]
  })
  const moving = rates.filter(({ value }) => value > 0).toSorted((a, b) => b.value - a.value)
  return [...moving, ...rates.filter(({ value }) => value === 0).slice(0, quietTopicsMax)]
}

/** Points for the stretch that ends with `now`, the most wanted first. */
export const pointsOf = (before: Look | null, now: Look): readonly SeriesPoint[] => {
  const apartMs = before === null ? 0 : now.atMs - before.atMs
  const isNear = before !== null && apartMs > 0 && apartMs <= apartMsMax
  const seconds = apartMs / 1_000
  const groups = [...now.groupLag].map(
    ([subject, value]): Named => ({ name: 'group.lag_records', subject, value }),
  )
  return [
    ...(isNear ? ratesOf(before, now, seconds) : []),
    ...now.pipelines.flatMap(gaugesOf),
    ...groups,
    ...(isNear ? topicRates(before, now, seconds) : []),
  ]
    .filter(({ value }) => Number.isFinite(value))
    .slice(0, seriesMax)
}
