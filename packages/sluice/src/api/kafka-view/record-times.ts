/**
 * The time of the record at an offset, by bounded reads: how old is what a group has not read?
 *
 * An offset's record never changes, so what was found is kept; what is new costs at most so many reads each time,
 * and whatever could not be found in them is null: unknown, not zero.
 */
import type { Kafka } from '../ports.ts'

export interface WantedTime {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: bigint
}

const readsMax = 64
const readBytes = 1024 * 1024
const partitionBytes = 32 * 1024
const keptMax = 20_000
/** Fetches for one group of partitions: what did not fit into one may fit into the next. */
const roundsMax = 3

export const wantedKey = ({ topic, topicId, partition, offset }: WantedTime): string =>
  `${topicId || topic}/${partition}@${offset}`

export interface RecordTimes extends AsyncDisposable {
  /** Times by `wantedKey`; what is not known is left out. Never rejects: times are an extra. */
  of(wanted: readonly WantedTime[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>
}

type Peek = Awaited<ReturnType<Kafka['openPeek']>>

/** At most one offset of each partition, all of one topic: what one fetch can ask for. */
const fetchesFor = (wanted: readonly WantedTime[]): WantedTime[][] => {
  const fetches = new Map<string, WantedTime[][]>()
  for (const each of wanted) {
    const ofTopic = fetches.get(each.topic) ?? []
    fetches.set(each.topic, ofTopic)
    const free = ofTopic.find((fetch) => fetch.every(({ partition }) => partition !== each.partition))
    if (free === undefined) ofTopic.push([each])
    else free.push(each)
  }
  return [...fetches.values()].flat()
}

export const recordTimes = (openPeek: Kafka['openPeek']): RecordTimes => {
  const kept = new Map<string, number>()
  let opening: Promise<Peek> | null = null
  const peek = (): Promise<Peek> => {
    const opened = (opening ??= openPeek())
    opened.catch(() => {
      if (opening === opened) opening = null
    })
    return opened
  }
  const keep = (key: string, timeMs: number): void => {
    const [oldest] = kept.keys()
    if (kept.size >= keptMax && oldest !== undefined) kept.delete(oldest)
    kept.set(key, timeMs)
  }
  /** One fetch; resolves to what it did not bring. */
  const fetch = async (wanted: readonly WantedTime[], signal: AbortSignal): Promise<WantedTime[]> => {
    const [first] = wanted
    if (first === undefined) return []
    const from = new Map(wanted.map(({ partition, offset }) => [partition, offset]))
    const options = { topic: first.topic, from, maxBytes: readBytes, partitionBytes, waitMs: 0 }
    const found = await (await peek()).read(options, signal)
    const byPartition = new Map(found.map((each) => [each.partition, each.batch]))
    return wanted.filter((each) => {
      const batch = byPartition.get(each.partition) ?? null
      for (let i = 0; batch !== null && i < batch.count; i++) {
        if (batch.numberOf(i) < each.offset) continue
        keep(wantedKey(each), batch.timeOf(i))
        return false
      }
      return true
    })
  }
  return {
    of: async (wanted, signal) => {
      const isNew = (each: WantedTime): boolean => !kept.has(wantedKey(each))
      let reads = 0
      for (const asked of fetchesFor(wanted.filter(isNew))) {
        try {
          let open: readonly WantedTime[] = asked
          for (let round = 0; round < roundsMax && open.length > 0 && reads < readsMax; round++) {
            reads++
            open = await fetch(open, signal)
          }
        } catch {
          // Gone by retention a moment ago, a broker away, or nobody waits any more: it stays unknown.
        }
      }
      return new Map(
        wanted.flatMap((each) => {
          const timeMs = kept.get(wantedKey(each))
          return timeMs === undefined ? [] : [[wantedKey(each), timeMs] as const]
        }),
      )
    },
    [Symbol.asyncDispose]: async () => {
      await (await opening?.catch(() => null))?.[Symbol.asyncDispose]()
    },
  }
}
