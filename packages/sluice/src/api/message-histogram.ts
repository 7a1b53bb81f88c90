/**
 * How many messages were written when: counts from offsets by time, which cost the same whatever the size of a topic;
 * matches of a filter from a bounded search that begins with the newest.
 */
import type { TopicState } from '../flow/kafka-ports.ts'
import type { Clock } from '../kernel/clock.ts'
import { MergedReader } from './merged-reader.ts'
import type { MessageFilter } from './message-filter.ts'
import { type ScanBudget, scan } from './message-scan.ts'
import { parseStart, type Stretch, stretchesOf } from './message-start.ts'
import type { Kafka } from './ports.ts'

export interface HistogramOptions {
  readonly partition: number | undefined
  /** Null: the time of the oldest message. */
  readonly fromMs: number | null
  readonly untilMs: number
  readonly buckets: number
  readonly filter: MessageFilter | null
  readonly budget: ScanBudget
}

export interface Bucket {
  readonly fromMs: number
  readonly untilMs: number
  readonly count: number
  /** Null without a filter, and where the search did not get to. */
  readonly matched: number | null
}

export interface Histogram {
  readonly fromMs: number
  readonly untilMs: number
  readonly buckets: readonly Bucket[]
  readonly scanned: number
  readonly matched: number | null
  readonly unjudged: number
  readonly isComplete: boolean
}

type Offsets = ReadonlyMap<number, bigint>

const hourMs = 3_600_000

/** The time of the oldest record of all partitions; null where there is none. */
const oldestMs = async (
  kafka: Kafka,
  topic: string,
  stretches: ReadonlyMap<number, Stretch>,
  signal: AbortSignal,
): Promise<number | null> => {
  const reader = new MergedReader(kafka.peek, { topic, stretches, isBackward: false, wanted: 1 })
  for (let record = reader.take(); ; record = reader.take()) {
    // What a writer stamped with no time at all does not stretch the chart.
    if (record !== null) return Math.max(0, record.batch.timeOf(record.index))
    if (!(await reader.fill(signal))) return null
  }
}

/** Times between which buckets lie, ascending; one more than there are buckets. */
const edgesOf = (fromMs: number, untilMs: number, buckets: number): number[] =>
  Array.from({ length: buckets + 1 }, (_, i) => Math.round(fromMs + ((untilMs - fromMs) * i) / buckets))

/** Where each partition's records of a bucket begin, within what is kept. */
const cuts = (found: readonly Offsets[], stretches: ReadonlyMap<number, Stretch>): Offsets[] =>
  found.map(
    (offsets) =>
      new Map(
        Array.from(stretches, ([partition, { low, high }]) => {
          const offset = offsets.get(partition) ?? high
          return [partition, offset < low ? low : offset > high ? high : offset]
        }),
      ),
  )

const between = (from: Offsets | undefined, until: Offsets | undefined): number => {
  let sum = 0n
  for (const [partition, offset] of from ?? []) {
    const end = until?.get(partition) ?? offset
    if (end > offset) sum += end - offset
  }
  return Number(sum)
}

/** The last bucket that begins at or before an offset: by offsets, so that no bucket has more matches than messages. */
const bucketOf = (edges: readonly Offsets[], partition: number, offset: bigint): number => {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((edges[middle]?.get(partition) ?? 0n) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Counts of buckets of equal length. */
export const histogramOf = async (
  kafka: Kafka,
  clock: Clock,
  topic: TopicState,
  options: HistogramOptions,
  signal: AbortSignal,
): Promise<Histogram> => {
  const { untilMs, filter, budget } = options
  const all = await stretchesOf(kafka, topic, parseStart('earliest', options.partition), undefined)
  const fromMs = Math.min(
    untilMs - 1,
    options.fromMs ?? (await oldestMs(kafka, topic.name, all, signal)) ?? untilMs - hourMs,
  )
  const times = edgesOf(fromMs, untilMs, Math.min(options.buckets, untilMs - fromMs))
  const edges = cuts(await kafka.admin.offsetsAtTimes(topic.name, times), all)
  const counts = times.slice(1).map((_, i) => between(edges[i], edges[i + 1]))
  const matched = counts.map(() => 0)
  let scanned = 0
  let unjudged = 0
  let searched: Offsets = new Map()
  if (filter !== null) {
    const stretches = new Map(
      Array.from(edges[0] ?? [], ([partition, low]) => {
        const high = edges.at(-1)?.get(partition) ?? low
        return [partition, { low, high: high < low ? low : high }]
      }),
    )
    const wanted = budget.records
    const reader = new MergedReader(kafka.peek, { topic: topic.name, stretches, isBackward: true, wanted })
    const result = await scan(reader, {
      filter,
      budget,
      clock,
      signal,
      onMatch: ({ partition, batch, index }) => {
        const bucket = bucketOf(edges, partition, batch.numberOf(index))
        matched[bucket] = (matched[bucket] ?? 0) + 1
        return true
      },
    })
    scanned = result.scanned
    unjudged = result.unjudged
    searched = reader.positions()
  }
  const isSearched = (bucket: number): boolean =>
    filter !== null &&
    [...searched].every(([partition, offset]) => offset <= (edges[bucket]?.get(partition) ?? 0n))
  return {
    fromMs,
    untilMs,
    buckets: counts.map((count, i) => ({
      fromMs: times[i] ?? fromMs,
      untilMs: times[i + 1] ?? untilMs,
      count,
      matched: isSearched(i) ? (matched[i] ?? 0) : null,
    })),
    scanned,
    matched: filter === null ? null : matched.reduce((sum, each) => sum + each, 0),
    unjudged,
    isComplete: filter === null || isSearched(0),
  }
}
