/** Answers of `messages`: read and search a page, show one, count over time, follow, write. */

import type { Answers, Handler } from '../../contract/answers.ts'
import type { AnswerOf, BodyOf } from '../../contract/endpoint.ts'
import type { messagesResource } from '../../contract/messages.ts'
import type { LogBatch, OutgoingRecord, TopicState } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault, isFault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { bytesOf } from '../bytes-text.ts'
import { type Problem, RequestProblems } from '../checks.ts'
import { messageOfRecord } from '../message-body.ts'
import { compileMessageFilter, type MessageFilter } from '../message-filter.ts'
import { histogramOf } from '../message-histogram.ts'
import { followMessages, readOne, readPage } from '../message-reader.ts'
import type { ScanBudget } from '../message-scan.ts'
import { parseStart, parseTimeMs } from '../message-start.ts'
import type { Kafka } from '../ports.ts'

type Endpoints = (typeof messagesResource)['endpoints']
type NewMessage = BodyOf<Endpoints['produce']>['records'][number]

const bytesOfValue = (record: NewMessage): Buffer | null | undefined => {
  const { value, value_encoding: encoding } = record
  if (value === null || value === undefined) return null
  if (typeof value === 'string' && encoding !== 'json') {
    return bytesOf(value, encoding ?? 'utf8') ?? undefined
  }
  return Buffer.from(JSON.stringify(value))
}

const outgoing = (
  topic: string,
  record: NewMessage,
  nowMs: number,
  refuse: (field: string, problem: string) => void,
): OutgoingRecord => {
  const value = bytesOfValue(record)
  if (value === undefined) refuse('value', 'is not base64')
  const key = record.key ?? null
  const keyBytes = key === null ? null : bytesOf(key, record.key_encoding ?? 'utf8')
  if (key !== null && keyBytes === null) refuse('key', 'is not base64')
  return {
    topic,
    partition: record.partition ?? null,
    key: keyBytes,
    value: value ?? null,
    headers: (record.headers ?? []).map((header) => ({
      key: header.key,
      value: header.value === null ? null : Buffer.from(header.value),
    })),
    timeMs: record.timestamp === undefined ? nowMs : Date.parse(record.timestamp),
  }
}

export interface MessagesParts {
  readonly kafka: Kafka
  readonly clock: Clock
  /** What one call may search through. */
  readonly budget: ScanBudget
}

const filterOf = (text: string | undefined): MessageFilter | null =>
  text === undefined ? null : compileMessageFilter(text)

const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null

const logBatchRow = (batch: LogBatch | null): AnswerOf<Endpoints['show']>['batch'] =>
  batch === null
    ? null
    : {
        base_offset: String(batch.baseOffset),
        last_offset: String(batch.lastOffset),
        codec: batch.codec,
        size_bytes: batch.sizeBytes,
        records: batch.records,
        transactional: batch.transactional,
      }

const known = async (kafka: Kafka, name: string): Promise<TopicState> => {
  const topic = await kafka.admin.topic(name)
  if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
  return topic
}

/** Retention may move on while one reads: then once more, from what is kept by then. */
const reading = async <Result>(
  kafka: Kafka,
  name: string,
  work: (topic: TopicState) => Promise<Result>,
): Promise<Result> => {
  try {
    return await work(await known(kafka, name))
  } catch (error) {
    if (!isFault(error) || error.code !== 'POSITION_GONE') throw error
    return await work(await known(kafka, name))
  }
}

const timeText = (ms: number): string => new Date(ms).toISOString()

const read =
  ({ kafka, clock, budget }: MessagesParts): Handler<Endpoints['read']> =>
  async ({ params, query, signal }) => {
    const beganMs = clock.now()
    const start = parseStart(query.from, query.partition)
    const { until, limit, preview_bytes: previewBytes } = query
    const filter = filterOf(query.filter)
    const options = { start, until, filter, limit, previewBytes, budget }
    const page = await reading(kafka, params.name, (topic) => readPage(kafka, clock, topic, options, signal))
    const example = page.firstUnjudged
    return {
      data: [...page.messages],
      count: page.messages.length,
      scanned: page.scanned,
      matched: page.matched,
      scanned_bytes: page.scannedBytes,
      unjudged: page.unjudged,
      unjudged_example: example === null ? null : { ...example, offset: String(example.offset) },
      remaining: String(page.remaining),
      from: page.from,
      next: page.next,
      follow_from: page.followFrom,
      at_end: page.atEnd,
      elapsed_ms: Math.max(0, clock.now() - beganMs),
      timestamp: timeText(clock.now()),
    }
  }

const show =
  ({ kafka }: MessagesParts): Handler<Endpoints['show']> =>
  async ({ params, query, signal }) => {
    const topic = await known(kafka, params.name)
    const { partition, offset } = params
    const { record, logBatch } = await readOne(kafka, topic, partition, BigInt(offset), signal)
    const { batch, index } = record
    const state = topic.partitions.find((each) => each.partition === partition)
    return {
      ...messageOfRecord(params.name, record, query.preview_bytes),
      raw: query.raw ? { key: base64(batch.keyOf(index)), value: base64(batch.valueOf(index)) } : null,
      batch: logBatchRow(logBatch),
      earliest: String(state?.earliest ?? 0n),
      latest: String(state?.latest ?? 0n),
    }
  }

const histogram =
  ({ kafka, clock, budget }: MessagesParts): Handler<Endpoints['histogram']> =>
  async ({ params, query, signal }) => {
    const beganMs = clock.now()
    const filter = filterOf(query.filter)
    const untilMs = query.until === undefined ? beganMs : parseTimeMs('until', query.until)
    const fromMs = query.from === undefined ? null : parseTimeMs('from', query.from)
    if (fromMs !== null && fromMs >= untilMs) {
      throw new RequestProblems([{ field: 'from', problem: 'is not before until' }])
    }
    const { partition, buckets } = query
    const options = { partition, fromMs, untilMs, buckets, filter, budget }
    const found = await reading(kafka, params.name, (topic) =>
      histogramOf(kafka, clock, topic, options, signal),
    )
    return {
      data: found.buckets.map((bucket) => ({
        from: timeText(bucket.fromMs),
        until: timeText(bucket.untilMs),
        count: bucket.count,
        matched: bucket.matched,
      })),
      count: found.buckets.length,
      from: timeText(found.fromMs),
      until: timeText(found.untilMs),
      total: found.buckets.reduce((sum, { count }) => sum + count, 0),
      scanned: found.scanned,
      matched: found.matched,
      unjudged: found.unjudged,
      complete: found.isComplete,
      elapsed_ms: Math.max(0, clock.now() - beganMs),
      timestamp: timeText(clock.now()),
    }
  }

const follow =
  ({ kafka, clock }: MessagesParts): Handler<Endpoints['follow']> =>
  async ({ params, query, signal }) => {
    const start = parseStart(query.from, query.partition)
    const options = { filter: filterOf(query.filter), previewBytes: query.preview_bytes }
    return followMessages(kafka, clock, await known(kafka, params.name), start, options, signal)
  }

const produce =
  ({ kafka, clock }: MessagesParts): Handler<Endpoints['produce']> =>
  async ({ params, body, signal }) => {
    const topic = await known(kafka, params.name)
    const problems: Problem[] = []
    const nowMs = clock.now()
    const records = body.records.map((record, i) => {
      const refuse = (field: string, problem: string): void => {
        problems.push({ field: `records.${i}.${field}`, problem })
      }
      if (record.partition !== undefined && record.partition >= topic.partitions.length) {
        refuse('partition', `${record.partition} does not exist; the topic has ${topic.partitions.length}`)
      }
      return outgoing(params.name, record, nowMs, refuse)
    })
    if (problems.length > 0) throw new RequestProblems(problems)
    const sent = await kafka.writer.send(records, signal)
    return {
      message: `Kafka has ${counted(sent.length, 'message')}.`,
      data: sent.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      count: sent.length,
    }
  }

export const messagesAnswers = (parts: MessagesParts): Answers<typeof messagesResource> => ({
  read: read(parts),
  show: show(parts),
  histogram: histogram(parts),
  follow: follow(parts),
  produce: produce(parts),
})
