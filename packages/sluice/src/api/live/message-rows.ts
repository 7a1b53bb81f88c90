/**
 * Reads a topic as it is written, for the channel `messages`: one reader for all who watch it with the same filter.
 *
 * A record becomes text only when somebody gets it. Where the topic is written faster than it is read, the reader jumps
 * to its end and counts what it left out: a tail shows what is now.
 */
import type { PeekedPartition, TopicState } from '../../flow/kafka-ports.ts'
import type { RecordBatch } from '../../flow/record-batch.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { messageOfRecord, type ReadRecord, sizeBytesOf } from '../message-body.ts'
import type { MessageFilter } from '../message-filter.ts'
import { parseStart, startOffsets } from '../message-start.ts'
import type { Kafka } from '../ports.ts'
import { createTurns, type Turns } from '../turns.ts'
import type { RingRow } from './ring.ts'
import type { RowsInto, RowsSource } from './rows-feed.ts'

export interface MessageRowsOptions {
  readonly topic: string
  readonly partition: number | undefined
  /** `latest`, `time:…` or `at:…`. */
  readonly from: string
  /** null: every record is wanted. */
  readonly filter: MessageFilter | null
}

interface Reading {
  readonly id: string
  readonly at: Map<number, bigint>
}

const fetchBytesMax = 1024 * 1024
const waitMs = 500
// Fetches more often than this bring little each and cost the broker and us as much.
const readEveryMs = 40
// Where there is more already: at most 100 MiB a second.
const readMoreEveryMs = 10
const lookAtTopicEveryMs = 5_000
const retryMs = 1_000
/** Records of a partition that a tail may be behind. */
const behindMax = 20_000n
// Beyond this, holding the fetched bytes for one row costs more than making its text now.
const heldBytesMax = 64 * 1024
const rowOverheadBytes = 250

const rowOf = (topic: string, record: ReadRecord, share: number): RingRow => {
  let text: string | null = null
  const make = (): string =>
    (text ??= JSON.stringify(messageOfRecord(topic, record, limits.live.previewBytesMax)))
  if (share > heldBytesMax) {
    const made = make()
    return { sizeBytes: made.length, heldBytes: made.length, text: () => made }
  }
  const sizeBytes = Math.min(sizeBytesOf(record), limits.live.previewBytesMax) + rowOverheadBytes
  return { sizeBytes, heldBytes: share, text: make }
}

/** The records of a fetch that are wanted, from an offset on. */
const wantedOf = async (
  partition: number,
  batch: RecordBatch,
  from: bigint,
  filter: MessageFilter | null,
  turns: Turns,
): Promise<readonly ReadRecord[]> => {
  const wanted: ReadRecord[] = []
  for (let index = 0; index < batch.count; index++) {
    if (batch.numberOf(index) < from) continue
    const record = { partition, batch, index }
    // What the filter cannot judge is not what was asked for.
    if (filter === null || filter(record) === true) wanted.push(record)
    if (filter !== null && turns.isOver()) await turns.next()
  }
  return wanted
}

const take = async (
  { topic, from, filter }: MessageRowsOptions,
  reading: Reading,
  { partition, batch, next, latest }: PeekedPartition,
  into: RowsInto,
  turns: Turns,
): Promise<void> => {
  if (batch !== null) {
    const wanted = await wantedOf(partition, batch, reading.at.get(partition) ?? 0n, filter, turns)
    const share = wanted.length === 0 ? 0 : Math.ceil(batch.sizeBytes / wanted.length)
    for (const record of wanted) into.push(rowOf(topic, record, share))
  }
  const isTooFarBehind = from === 'latest' && latest - next > behindMax
  if (isTooFarBehind) into.skip(Number(latest - next))
  reading.at.set(partition, isTooFarBehind ? latest : next)
}

const topicNamed = async (kafka: Kafka, name: string): Promise<TopicState> => {
  const topic = await kafka.admin.topic(name)
  if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
  return topic
}

const startAt = async (kafka: Kafka, options: MessageRowsOptions): Promise<Reading> => {
  const topic = await topicNamed(kafka, options.topic)
  const start = parseStart(options.from, options.partition)
  return { id: topic.id, at: new Map(await startOffsets(kafka, topic, start)) }
}

/** Partitions that came since are read from their beginning; a topic made anew too. */
const lookAgain = async (kafka: Kafka, options: MessageRowsOptions, reading: Reading): Promise<Reading> => {
  const topic = await topicNamed(kafka, options.topic)
  const isNew = topic.id !== reading.id
  const at = isNew ? new Map<number, bigint>() : reading.at
  for (const { partition, earliest } of topic.partitions) {
    const isWanted = options.partition === undefined || options.partition === partition
    // A partition that a list of offsets did not name is not read.
    const isNamed = isNew || !options.from.startsWith('at:') || reading.at.has(partition)
    if (isWanted && isNamed && !at.has(partition)) at.set(partition, earliest)
  }
  return { id: topic.id, at }
}

const readUntilFailure = async (
  kafka: Kafka,
  clock: Clock,
  options: MessageRowsOptions,
  into: RowsInto,
  reading: Reading,
  keep: (reading: Reading) => void,
  signal: AbortSignal,
): Promise<void> => {
  let current = reading
  let lookedAtMs = clock.now()
  await using peek = await kafka.openPeek()
  const turns = createTurns(clock)
  while (!signal.aborted) {
    const startedAtMs = clock.now()
    const { topic } = options
    const results = await peek.read({ topic, from: current.at, maxBytes: fetchBytesMax, waitMs }, signal)
    into.fail(null)
    for (const result of results) await take(options, current, result, into, turns)
    const isBehind = results.some(({ next, latest }) => next < latest)
    if (clock.now() - lookedAtMs > lookAtTopicEveryMs) {
      current = await lookAgain(kafka, options, current)
      keep(current)
      lookedAtMs = clock.now()
    }
    const paceMs = isBehind ? readMoreEveryMs : readEveryMs
    await clock.sleep(Math.max(0, paceMs - (clock.now() - startedAtMs)), signal)
  }
}

/** The rows of a topic. Rejects only where reading cannot begin. */
export const messageRows =
  (kafka: Kafka, clock: Clock, options: MessageRowsOptions): RowsSource =>
  async (into, signal, started) => {
    let reading = await startAt(kafka, options)
    started()
    const keep = (next: Reading): void => {
      reading = next
    }
    while (!signal.aborted) {
      try {
        await readUntilFailure(kafka, clock, options, into, reading, keep, signal)
      } catch (error) {
        if (signal.aborted) return
        into.fail(error)
        await clock.sleep(retryMs, signal)
        // Where this fails too, the same is told again a moment later.
        keep(await lookAgain(kafka, options, reading).catch(() => reading))
      }
    }
  }
