/**
 * What a verdict about lag is drawn from: how a group did over the last minutes. Pure; bounded in time and number.
 *
 * - What was read and written is counted up from partitions seen twice, so that new partitions make no jump.
 * - An offset that went back (a reset, a topic made anew) starts the history again.
 */

export interface PartitionObservation {
  readonly topic: string
  readonly partition: number
  readonly committed: bigint
  readonly latest: bigint
}

/** A group at one moment. */
export interface LagObservation {
  readonly atMs: number
  readonly members: number
  /** Age of the oldest record that waits; null where unknown. */
  readonly seconds: number | null
  /** How long until the first record that waits is deleted by retention; null where unknown or never. */
  readonly marginSeconds: number | null
  readonly partitions: readonly PartitionObservation[]
}

export interface LagSample {
  readonly atMs: number
  readonly members: number
  readonly seconds: number | null
  readonly marginSeconds: number | null
  /** Records that wait. */
  readonly records: number
  /** Counted since the history began. */
  readonly read: number
  readonly written: number
}

export interface PartitionWatch extends PartitionObservation {
  /** Since when records wait and nothing is committed; null where nothing waits. */
  readonly waitingSinceMs: number | null
}

export interface LagHistory {
  /** Oldest first; never empty. */
  readonly samples: readonly LagSample[]
  readonly partitions: ReadonlyMap<string, PartitionWatch>
}

export const historyMs = 10 * 60_000
/** Samples that lie closer together replace each other. */
const spacingMs = 4_000

export const partitionKey = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`

const waits = ({ committed, latest }: PartitionObservation): boolean => latest > committed

const watchOf = (
  observed: PartitionObservation,
  before: PartitionWatch | undefined,
  atMs: number,
): PartitionWatch => {
  if (!waits(observed)) return { ...observed, waitingSinceMs: null }
  const isStill = before !== undefined && before.committed === observed.committed
  return { ...observed, waitingSinceMs: (isStill ? before.waitingSinceMs : null) ?? atMs }
}

const went = (
  history: LagHistory,
  observation: LagObservation,
): { readonly read: number; readonly written: number } | 'back' => {
  let read = 0n
  let written = 0n
  for (const observed of observation.partitions) {
    const before = history.partitions.get(partitionKey(observed))
    if (before === undefined) continue
    if (observed.committed < before.committed || observed.latest < before.latest) return 'back'
    read += observed.committed - before.committed
    written += observed.latest - before.latest
  }
  return { read: Number(read), written: Number(written) }
}

const recordsOf = (observation: LagObservation): number =>
  Number(
    observation.partitions.reduce((sum, each) => sum + (waits(each) ? each.latest - each.committed : 0n), 0n),
  )

/** The history with one more observation. */
export const withObservation = (history: LagHistory | null, observation: LagObservation): LagHistory => {
  const { atMs, members, seconds, marginSeconds } = observation
  const records = recordsOf(observation)
  const last = history?.samples.at(-1)
  const way = history === null ? 'back' : went(history, observation)
  const partitions = new Map(
    observation.partitions.map((observed) => {
      const key = partitionKey(observed)
      return [key, watchOf(observed, way === 'back' ? undefined : history?.partitions.get(key), atMs)]
    }),
  )
  const sample = { atMs, members, seconds, marginSeconds, records }
  if (history === null || last === undefined || way === 'back') {
    return { samples: [{ ...sample, read: 0, written: 0 }], partitions }
  }
  const next = { ...sample, read: last.read + way.read, written: last.written + way.written }
  const lastButOne = history.samples.at(-2)
  const isClose = lastButOne !== undefined && last.atMs - lastButOne.atMs < spacingMs
  const kept = history.samples
    .slice(0, isClose ? -1 : undefined)
    .filter((each) => each.atMs > atMs - historyMs && each.atMs <= atMs)
  return { samples: [...kept, next], partitions }
}
