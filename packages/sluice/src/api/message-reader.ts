/** Reads messages of a topic: a bounded page, one message, or on and on. */
import type { KafkaPeek, LogBatch, TopicState } from '../flow/kafka-ports.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import { MergedReader } from './merged-reader.ts'
import { type Message, messageOfRecord, type ReadRecord } from './message-body.ts'
import type { MessageFilter } from './message-filter.ts'
import { type ScanBudget, type ScanResult, scan } from './message-scan.ts'
import { offsetsText, type Start, startOffsets, stretchesOf } from './message-start.ts'
import type { Kafka } from './ports.ts'
import { createTurns } from './turns.ts'

export interface PageOptions {
  readonly start: Start
  readonly until: string | undefined
  readonly filter: MessageFilter | null
  /** Messages at most. */
  readonly limit: number
  readonly previewBytes: number
  readonly budget: ScanBudget
}

export interface Page extends ScanResult {
  readonly messages: readonly Message[]
  readonly from: string
  /** `from` of the page that follows. */
  readonly next: string
  readonly followFrom: string
  readonly remaining: bigint
  readonly atEnd: boolean
}

const fetchBytesMax = 1024 * 1024
const followWaitMs = 500

/** About how much a message takes in an answer. */
const shownBytesOf = ({ key, value, headers, size_bytes: size }: Message): number =>
  (typeof value === 'string' ? value.length + (key?.length ?? 0) : size) +
  headers.reduce((sum, header) => sum + (header.value?.length ?? 0), 0)

/**
 * A page of at most `limit` messages and about `limits.messagePageBytesMax`, merged by time, so that `next` goes on exactly
 * where this page ends.
 */
export const readPage = async (
  kafka: Kafka,
  clock: Clock,
  topic: TopicState,
  options: PageOptions,
  signal: AbortSignal,
): Promise<Page> => {
  const { start, filter, limit, previewBytes, budget } = options
  const { isBackward } = start
  const stretches = await stretchesOf(kafka, topic, start, options.until)
  const reader = new MergedReader(kafka.peek, { topic: topic.name, stretches, isBackward, wanted: limit })
  const from = reader.next
  const messages: Message[] = []
  let bytes = 0
  // Shown at once: a record that is kept keeps the whole fetch that it came in.
  const onMatch = (record: ReadRecord): boolean => {
    const message = messageOfRecord(topic.name, record, previewBytes)
    messages.push(message)
    bytes += shownBytesOf(message)
    return messages.length < limit && bytes < limits.messagePageBytesMax
  }
  const result = await scan(reader, { filter, budget, clock, signal, onMatch })
  const ends = new Map(
    topic.partitions
      .filter(({ partition }) => stretches.has(partition))
      .map(({ partition, latest }) => [partition, latest]),
  )
  return {
    ...result,
    messages,
    from,
    next: reader.next,
    followFrom: ends.size === 0 ? 'latest' : `at:${offsetsText(ends)}`,
    remaining: reader.remaining,
    atEnd: reader.isDone,
  }
}

export interface OneMessage {
  readonly record: ReadRecord
  readonly logBatch: LogBatch | null
}

/**
 * One record, and the batch of the log that holds it.
 * @throws fault MESSAGE_UNKNOWN
 */
export const readOne = async (
  kafka: Kafka,
  topic: TopicState,
  partition: number,
  offset: bigint,
  signal: AbortSignal,
): Promise<OneMessage> => {
  const state = topic.partitions.find((each) => each.partition === partition)
  const { earliest = 0n, latest = 0n } = state ?? {}
  if (offset >= earliest && offset < latest) {
    const from = new Map([[partition, offset]])
    // A broker gives a first batch whole, however large it is.
    const options = { topic: topic.name, from, maxBytes: 1, waitMs: 0 }
    for (const { batch, logBatches } of await kafka.peek.read(options, signal)) {
      for (let index = 0; batch !== null && index < batch.count; index++) {
        if (batch.numberOf(index) !== offset) continue
        const holds = logBatches().find((each) => each.baseOffset <= offset && offset <= each.lastOffset)
        return { record: { partition, batch, index }, logBatch: holds ?? null }
      }
    }
  }
  throw fault('MESSAGE_UNKNOWN', {
    topic: topic.name,
    partition,
    offset: String(offset),
    earliest: String(earliest),
    latest: String(latest),
  })
}

export interface FollowOptions {
  readonly filter: MessageFilter | null
  readonly previewBytes: number
}

const followed = function* (
  fetched: Awaited<ReturnType<KafkaPeek['read']>>[number],
  from: bigint,
): Generator<ReadRecord, void, undefined> {
  const { partition, batch } = fetched
  for (let index = 0; batch !== null && index < batch.count; index++) {
    // A fetch may begin with the whole batch that holds the offset.
    if (batch.numberOf(index) >= from) yield { partition, batch, index }
  }
}

const lookAtTopicEveryMs = 5_000

/** Partitions that the topic did not have when following began are read from their beginning. */
const addNewPartitions = async (
  kafka: Kafka,
  topic: TopicState,
  start: Start,
  at: Map<number, bigint>,
): Promise<void> => {
  if (start.partition !== null) return
  // A cluster that does not answer now is asked again; reading tells what is wrong with it.
  const now = await kafka.admin.topic(topic.name).catch(() => null)
  if (now === null || now.id !== topic.id) return
  const known = new Set(topic.partitions.map(({ partition }) => partition))
  for (const { partition, earliest } of now.partitions) {
    if (!known.has(partition) && !at.has(partition)) at.set(partition, earliest)
  }
}

/**
 * Messages from `from` on, for as long as `signal` allows; nothing is left out but what the filter does not want.
 * Partitions that are added meanwhile are read too.
 */
export const followMessages = async function* (
  kafka: Kafka,
  clock: Clock,
  topic: TopicState,
  start: Start,
  { filter, previewBytes }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const at = new Map(await startOffsets(kafka, topic, start))
  await using peek = await kafka.openPeek()
  const turns = createTurns(clock)
  let lookedAtMs = clock.now()
  while (!signal.aborted) {
    if (clock.now() - lookedAtMs > lookAtTopicEveryMs) {
      await addNewPartitions(kafka, topic, start, at)
      lookedAtMs = clock.now()
    }
    const options = { topic: topic.name, from: at, maxBytes: fetchBytesMax, waitMs: followWaitMs }
    const results = await peek.read(options, signal).catch((error: unknown) => {
      if (signal.aborted) return []
      throw error
    })
    for (const result of results) {
      for (const record of followed(result, at.get(result.partition) ?? 0n)) {
        if (filter !== null && turns.isOver()) await turns.next()
        if (signal.aborted) return
        if (filter !== null && filter(record) !== true) continue
        yield messageOfRecord(topic.name, record, previewBytes)
      }
      at.set(result.partition, result.next)
    }
  }
}
