/** What can be told of topics only by watching them: rates, and when something was written last. Bounded by their number. */
import type { Clock } from '../../kernel/clock.ts'

export interface WatchedTopic {
  readonly name: string
  readonly id: string
  /** Sum of the ends of its partitions; null where not all are known. */
  readonly written: bigint | null
}

interface Sample {
  readonly atMs: number
  readonly written: bigint
}

interface Watch {
  readonly id: string
  samples: readonly Sample[]
  /** How far it was when its newest record was asked for, and when that was. */
  askedFor: bigint | null
  askedAtMs: number
  newestMs: number | null
}

const spacingMs = 2_000
const windowMs = 15_000
const leastMs = 1_500
/** Topics that are asked for their newest record at one time. */
const askedMax = 500

const sampled = (samples: readonly Sample[], next: Sample): readonly Sample[] => {
  const last = samples.at(-1)
  const lastButOne = samples.at(-2)
  if (last === undefined || next.written < last.written) return [next]
  const isClose = lastButOne !== undefined && last.atMs - lastButOne.atMs < spacingMs
  const kept = samples.slice(0, isClose ? -1 : undefined)
  // One that is older than the window begins it.
  const first = kept.findLastIndex(({ atMs }) => atMs <= next.atMs - windowMs)
  return [...kept.slice(Math.max(0, first)), next]
}

const fresh = (id: string): Watch => ({
  id,
  samples: [],
  askedFor: null,
  askedAtMs: Number.NEGATIVE_INFINITY,
  newestMs: null,
})

export interface TopicWatch {
  /** Notes how far topics are, and asks for the newest records of those that were written to. */
  observe(topics: readonly WatchedTopic[]): Promise<void>
  /** Records a second over the last seconds; null before it was seen twice. */
  rateOf(name: string): number | null
  /** null where unknown. */
  newestMsOf(name: string): number | null
}

/** @param newest times of the newest records of these topics */
export const topicWatch = (
  clock: Clock,
  newest: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): TopicWatch => {
  const watches = new Map<string, Watch>()
  return {
    observe: async (topics) => {
      const atMs = clock.now()
      const present = new Set(topics.map(({ name }) => name))
      for (const name of watches.keys()) if (!present.has(name)) watches.delete(name)
      const moved: { readonly name: string; readonly watch: Watch; readonly written: bigint }[] = []
      for (const { name, id, written } of topics) {
        const known = watches.get(name)
        const watch = known?.id === id ? known : fresh(id)
        watches.set(name, watch)
        if (written === null) continue
        watch.samples = sampled(watch.samples, { atMs, written })
        if (written > 0n && watch.askedFor !== written) moved.push({ name, watch, written })
      }
      // Whoever waits longest is asked first.
      const asked = moved.toSorted((a, b) => a.watch.askedAtMs - b.watch.askedAtMs).slice(0, askedMax)
      const found = await newest(asked.map(({ name }) => name))
      for (const { name, watch, written } of asked) {
        watch.askedFor = written
        watch.askedAtMs = atMs
        watch.newestMs = found.get(name) ?? null
      }
    },
    rateOf: (name) => {
      const samples = watches.get(name)?.samples ?? []
      const [first] = samples
      const last = samples.at(-1)
      if (first === undefined || last === undefined || last.atMs - first.atMs < leastMs) return null
      return Number(last.written - first.written) / ((last.atMs - first.atMs) / 1_000)
    },
    newestMsOf: (name) => watches.get(name)?.newestMs ?? null,
  }
}
