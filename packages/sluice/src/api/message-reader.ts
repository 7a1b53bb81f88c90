/** Reads messages of a topic: a bounded page, or on and on. */
import type { TopicState } from '../flow/kafka-ports.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { type Message, messageOfRecord, type ReadRecord } from './message-body.ts'
import { type Start, startOffsets } from './message-start.ts'
import type { Kafka } from './ports.ts'

export interface Page {
  readonly records: readonly ReadRecord[]
  /** `from` of the page that follows. */
  readonly next: string
  readonly atEnd: boolean
}

const fetchBytesMax = 1024 * 1024
const followWaitMs = 500
// Fetches in a row that may bring nothing at all before a page is given up.
const idleFetchesMax = 4

const offsetOf = (record: ReadRecord): bigint => record.batch.numberOf(record.index)

/** Records of a fetch from an offset on: it may begin with the whole batch that holds the offset. */
const recordsFrom = function* (
  partition: number,
  batch: RecordBatch | null,
  from: bigint,
): Generator<ReadRecord, void, undefined> {
  if (batch === null) return
  for (let index = 0; index < batch.count; index++) {
    if (batch.numberOf(index) >= from) yield { partition, batch, index }
  }
}

const nextText = (offsets: ReadonlyMap<number, bigint>): string =>
  offsets.size === 0
    ? 'latest'
    : `at:${[...offsets]
        .toSorted(([a], [b]) => a - b)
        .map(([partition, offset]) => `${partition}=${offset}`)
        .join(',')}`

const newestFirst = (a: ReadRecord, b: ReadRecord): number => {
  const byTime = b.batch.timeOf(b.index) - a.batch.timeOf(a.index)
  if (byTime !== 0) return byTime
  if (a.partition !== b.partition) return a.partition - b.partition
  return b.batch.numberOf(b.index) > a.batch.numberOf(a.index) ? 1 : -1
}

/** Records from `from` on, up to the ends that `topic` tells, at most `most` for each partition. */
const readUpTo = async (
  kafka: Kafka,
  topic: TopicState,
  from: ReadonlyMap<number, bigint>,
  most: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, ReadRecord[]>> => {
  const found = new Map<number, ReadRecord[]>()
  const ends = new Map(topic.partitions.map(({ partition, latest }) => [partition, latest]))
  const open = new Map([...from].filter(([partition, offset]) => offset < (ends.get(partition) ?? 0n)))
  let idle = 0
  while (open.size > 0 && idle < idleFetchesMax) {
    signal.throwIfAborted()
    const options = { topic: topic.name, from: open, maxBytes: fetchBytesMax, waitMs: 0 }
    const before = new Map(open)
    for (const { partition, batch, next } of await kafka.peek.read(options, signal)) {
      const kept = found.get(partition) ?? []
      found.set(partition, kept)
      const end = ends.get(partition) ?? 0n
      const from = open.get(partition) ?? end
      for (const record of recordsFrom(partition, batch, from)) {
        if (offsetOf(record) >= end || kept.length >= most) break
        kept.push(record)
      }
      open.set(partition, next)
      if (next >= end || kept.length >= most) open.delete(partition)
    }
    const moved = [...before].some(([partition, offset]) => open.get(partition) !== offset)
    idle = moved ? 0 : idle + 1
  }
  return found
}

/**
 * A page of at most `most` records: the newest ones, newest first; else in order of partition and offset, so
 * that `next` goes on exactly where this page ends.
 */
export const readPage = async (
  kafka: Kafka,
  topic: TopicState,
  start: Start,
  most: number,
  signal: AbortSignal,
): Promise<Page> => {
  const from = await startOffsets(kafka, topic, start, most)
  const ends = new Map(topic.partitions.map(({ partition, latest }) => [partition, latest]))
  const byPartition = await readUpTo(kafka, topic, from, most, signal)
  const next = new Map(from)
  if (start.kind === 'newest') {
    const records = [...byPartition.values()].flat().toSorted(newestFirst).slice(0, most)
    // What follows the newest messages is what comes after the ends that were seen.
    for (const partition of from.keys()) next.set(partition, ends.get(partition) ?? 0n)
    return { records, next: nextText(next), atEnd: true }
  }
  const records: ReadRecord[] = []
  let atEnd = true
  for (const [partition, offset] of [...from].toSorted(([a], [b]) => a - b)) {
    const end = ends.get(partition) ?? 0n
    const taken = (byPartition.get(partition) ?? []).slice(0, most - records.length)
    records.push(...taken)
    const last = taken.at(-1)
    const full = records.length >= most
    // Where the page is full the rest is left; where it is not, the partition was read to its end.
    const reached = full ? (last === undefined ? offset : offsetOf(last) + 1n) : end
    next.set(partition, reached)
    if (reached < end) atEnd = false
  }
  return { records, next: nextText(next), atEnd }
}

/** Messages from `from` on, for as long as `signal` allows; nothing is left out. */
export const followMessages = async function* (
  kafka: Kafka,
  topic: string,
  from: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const at = new Map(from)
  await using peek = await kafka.openPeek()
  while (!signal.aborted) {
    const options = { topic, from: at, maxBytes: fetchBytesMax, waitMs: followWaitMs }
    const results = await peek.read(options, signal).catch((error: unknown) => {
      if (signal.aborted) return []
      throw error
    })
    for (const { partition, batch, next } of results) {
      for (const record of recordsFrom(partition, batch, at.get(partition) ?? 0n)) {
        yield messageOfRecord(topic, record)
        if (signal.aborted) return
      }
      at.set(partition, next)
    }
  }
}
