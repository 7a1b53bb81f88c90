/** Answers of `messages`: read a page, follow, write. */

import type { Answers } from '../../contract/answers.ts'
import type { BodyOf } from '../../contract/endpoint.ts'
import type { messagesResource } from '../../contract/messages.ts'
import type { OutgoingRecord } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { bytesOf } from '../bytes-text.ts'
import { type Problem, RequestProblems } from '../checks.ts'
import { messageOfRecord } from '../message-body.ts'
import { followMessages, readPage } from '../message-reader.ts'
import { parseStart, startOffsets } from '../message-start.ts'
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

export const messagesAnswers = (kafka: Kafka, clock: Clock): Answers<typeof messagesResource> => {
  const known = async (name: string) => {
    const topic = await kafka.admin.topic(name)
    if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
    return topic
  }
  return {
    read: async ({ params, query, signal }) => {
      const topic = await known(params.name)
      const start = parseStart(query.from, query.partition)
      const page = await readPage(kafka, topic, start, query.limit, signal)
      return {
        data: page.records.map((record) => messageOfRecord(params.name, record)),
        count: page.records.length,
        next: page.next,
        at_end: page.atEnd,
        timestamp: new Date(clock.now()).toISOString(),
      }
    },
    follow: async ({ params, query, signal }) => {
      const topic = await known(params.name)
      const from = await startOffsets(kafka, topic, parseStart(query.from, query.partition), 0)
      return followMessages(kafka, params.name, from, signal)
    },
    produce: async ({ params, body, signal }) => {
      const topic = await known(params.name)
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
    },
  }
}
