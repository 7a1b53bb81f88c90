/** Messages of topics: read from any point, followed as they come, written by hand. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { anyTopicName, count, limit, nullable, offset, strict, timestamp } from './schemas.ts'

const one = { kind: 'topic', name: { in: 'params', field: 'name' } } as const

const params = strict({ name: anyTopicName })

const partition = Type.Optional(Type.Integer({ minimum: 0, description: 'Only this partition.' }))

/** Where reading starts, as text. */
const startPattern =
  '^(earliest|latest|newest|offset:\\d{1,19}|time:.{1,40}|at:\\d+=\\d{1,19}(,\\d+=\\d{1,19})*)$'

const from = (preset: string) =>
  Type.String({
    pattern: startPattern,
    default: preset,
    description:
      '`earliest`; `newest` (the last ones, newest first); `latest` (what comes from now on); `offset:N`; `time:` with ISO 8601 or milliseconds; `at:PARTITION=OFFSET,…` (as `next` says).',
    examples: ['newest', 'earliest', 'offset:42', 'time:2026-01-31T12:00:00Z', 'at:0=42,1=17'],
  })

const header = strict({
  key: Type.String({ description: 'Its name.' }),
  value: nullable(Type.String(), 'As text.'),
})

const message = strict({
  topic: Type.String(),
  partition: count,
  offset,
  timestamp,
  key: nullable(Type.String()),
  key_encoding: nullable(Type.Union([Type.Literal('utf8'), Type.Literal('base64')])),
  value: Type.Unknown({
    description: 'As JSON where it is JSON (numbers keep every digit), else as text; null for a tombstone.',
  }),
  value_encoding: nullable(
    Type.Union([Type.Literal('json'), Type.Literal('utf8'), Type.Literal('base64')], {
      description: 'null for a tombstone; `base64` where the bytes are no UTF-8.',
    }),
  ),
  headers: Type.Array(header),
  size_bytes: count,
})

export const messagesResource = defineResource({
  name: 'messages',
  summary: 'Messages of topics.',
  endpoints: {
    read: endpoint({
      method: 'GET',
      path: '/api/topics/{name}/messages',
      summary: 'Read messages',
      description:
        'A bounded page: newest first from `newest`, else in order of partition and offset. `next` says where to read on.',
      params,
      query: strict({ from: from('newest'), partition, limit: limit(50) }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(message),
          count,
          next: Type.String({ description: '`from` of the page that follows this one.' }),
          at_end: Type.Boolean({ description: 'There was nothing more when this was read.' }),
          timestamp,
        }),
        description: 'Messages.',
      },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    follow: endpoint({
      method: 'GET',
      path: '/api/topics/{name}/messages/follow',
      summary: 'Follow messages as they come',
      description:
        'One JSON document a line until the client hangs up. A slow client slows the reading down; nothing is left out.',
      params,
      query: strict({ from: from('latest'), partition }),
      answer: { kind: 'lines', status: 200, schema: message, description: 'Messages, one a line.' },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND', 'TOO_BUSY'],
    }),
    produce: endpoint({
      method: 'POST',
      path: '/api/topics/{name}/messages',
      summary: 'Write messages',
      description: 'Answers when Kafka has them all durably. They keep their order within a partition.',
      params,
      body: strict({
        records: Type.Array(
          strict({
            key: Type.Optional(nullable(Type.String(), 'Decides the partition, where none is given.')),
            key_encoding: Type.Optional(
              Type.Union([Type.Literal('utf8'), Type.Literal('base64')], {
                description: 'How bytes are written in `key`.',
              }),
            ),
            value: Type.Unknown({
              description: 'Text is written as it is, null as a tombstone, anything else as JSON.',
            }),
            value_encoding: Type.Optional(
              Type.Union([Type.Literal('json'), Type.Literal('utf8'), Type.Literal('base64')], {
                description: '`json` writes text as a JSON string; `base64` decodes it.',
              }),
            ),
            headers: Type.Optional(
              Type.Array(header, { maxItems: 100, description: 'In order; a name may repeat.' }),
            ),
            partition: Type.Optional(
              Type.Integer({ minimum: 0, description: 'Where it goes; by key when left out.' }),
            ),
            timestamp: Type.Optional(timestamp),
          }),
          { minItems: 1, maxItems: 10_000, description: 'The messages, in order.' },
        ),
      }),
      answer: {
        kind: 'json',
        status: 201,
        schema: strict({
          message: Type.String(),
          data: Type.Array(strict({ partition: count, offset })),
          count,
        }),
        description: 'Kafka has them; one entry a record, in their order.',
      },
      permission: 'messages:write',
      resource: one,
      audit: 'topic.written',
      faults: ['NOT_FOUND', 'TOPIC_REFUSED'],
    }),
  },
})
