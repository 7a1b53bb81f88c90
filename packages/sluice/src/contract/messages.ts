/** Messages of topics: read from any point, searched, counted over time, followed as they come, written by hand. */
import { Type } from 'typebox'
import { limits } from '../kernel/limits.ts'
import { defineResource, endpoint } from './endpoint.ts'
import { anyTopicName, count, limit, nullable, offset, strict, timestamp } from './schemas.ts'

const one = { kind: 'topic', name: { in: 'params', field: 'name' } } as const

const params = strict({ name: anyTopicName })

const partition = Type.Optional(Type.Integer({ minimum: 0, description: 'Only this partition.' }))

const offsetsPattern = '\\d{1,9}=\\d{1,19}(,\\d{1,9}=\\d{1,19})*'

/** Where reading starts, as text. */
const startPattern = `^(earliest|latest|newest|offset:\\d{1,19}|time:.{1,40}|before:.{1,40}|(at|before):${offsetsPattern})$`

/** Where reading ends, as text. */
const endPattern = `^(earliest|latest|offset:\\d{1,19}|time:.{1,40}|at:${offsetsPattern})$`

const from = (preset: string) =>
  Type.String({
    pattern: startPattern,
    default: preset,
    description:
      '`earliest`; `newest` (the last ones, newest first); `latest` (what comes from now on); `offset:N`; `time:` with ISO 8601 or milliseconds; `before:` with a time (the last ones before it, newest first); `at:PARTITION=OFFSET,…` and `before:PARTITION=OFFSET,…` (as `next` says).',
    examples: ['newest', 'earliest', 'offset:42', 'time:2026-01-31T12:00:00Z', 'at:0=42,1=17'],
  })

const until = Type.Optional(
  Type.String({
    pattern: endPattern,
    description:
      'Where reading ends: `offset:N`, `time:`, `at:PARTITION=OFFSET,…` (none of them included), `latest` or `earliest`. Newest first it is how far back, that message included.',
    examples: ['time:2026-01-31T13:00:00Z', 'offset:100'],
  }),
)

const filter = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 8_192,
    description:
      'Only messages for which this CEL expression over `event` (the value; text where it is no JSON) and `meta` (topic, partition, offset, key, headers, time) is true; the same language as in steps. Plain words, or a text in quotes, are looked for in key and value instead, whatever the case.',
    examples: ['event.amount > 100 && meta.key == "eur"'],
  }),
)

const previewBytes = (preset: number) =>
  Type.Integer({
    minimum: 0,
    maximum: limits.previewBytesMax,
    default: preset,
    description: 'Of longer keys, values and headers only so many bytes, as text; `truncated` then says so.',
  })

const header = strict({
  key: Type.String({ description: 'Its name.' }),
  value: nullable(Type.String(), 'As text.'),
})

const messageFields = {
  topic: Type.String(),
  partition: count,
  offset,
  timestamp,
  key: nullable(Type.String()),
  key_encoding: nullable(Type.Union([Type.Literal('utf8'), Type.Literal('base64')])),
  value: Type.Unknown({
    description:
      'As JSON where it is JSON (numbers keep every digit) and not larger than 256 KiB, else as text; null for a tombstone.',
  }),
  value_encoding: nullable(
    Type.Union([Type.Literal('json'), Type.Literal('utf8'), Type.Literal('base64')], {
      description: 'null for a tombstone; `base64` where the bytes are no UTF-8.',
    }),
  ),
  headers: Type.Array(header),
  size_bytes: Type.Integer({ minimum: 0, description: 'Of key and value, whole.' }),
  truncated: Type.Boolean({ description: 'Something of it is longer than `preview_bytes` and cut.' }),
}

/** A message as pages, followers and the live feed show it. */
export const messageRow = strict(messageFields)

const page = strict({
  data: Type.Array(messageRow),
  count,
  scanned: Type.Integer({ minimum: 0, description: 'Messages that were looked at for this page.' }),
  matched: Type.Integer({ minimum: 0, description: 'How many of them are wanted; all without a filter.' }),
  scanned_bytes: count,
  unjudged: Type.Integer({
    minimum: 0,
    description:
      'Messages the filter failed on: a field that is missing, a value too large. They are left out.',
  }),
  unjudged_example: nullable(
    strict({ partition: count, offset, problem: Type.String() }),
    'The first of them, and why.',
  ),
  remaining: nullable(offset, 'Offsets that are left in this direction; messages are at most so many.'),
  from: Type.String({ description: 'Where this page began, as offsets.' }),
  next: Type.String({ description: '`from` of the page that follows this one, in its direction.' }),
  follow_from: Type.String({ description: '`from` for whoever follows on from what was the end.' }),
  at_end: Type.Boolean({
    description:
      'There was nothing more when this was read. While false, `next` goes on: the page was full, or the search paused.',
  }),
  elapsed_ms: count,
  timestamp,
})

const bucket = strict({
  from: timestamp,
  until: timestamp,
  count: Type.Integer({ minimum: 0, description: 'Offsets written in this time.' }),
  matched: nullable(
    Type.Integer({ minimum: 0 }),
    'How many messages the filter wants; null without one, and where the search did not get to.',
  ),
})

const recordBatch = strict({
  base_offset: offset,
  last_offset: offset,
  codec: Type.Union(
    [
      Type.Literal('none'),
      Type.Literal('gzip'),
      Type.Literal('snappy'),
      Type.Literal('lz4'),
      Type.Literal('zstd'),
    ],
    { description: 'How it is compressed.' },
  ),
  size_bytes: count,
  records: count,
  transactional: Type.Boolean(),
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
        'A bounded page: newest first from `newest` and `before:`, else oldest first; partitions are merged by time. ' +
        '`next` says where to read on. A search pauses after a bounded number of messages, bytes and seconds: then it ' +
        'says what it scanned and `next` goes on, without a gap and without doubles. Large values end a page early.',
      params,
      query: strict({
        from: from('newest'),
        until,
        filter,
        partition,
        limit: limit(50),
        preview_bytes: previewBytes(limits.previewBytesPreset),
      }),
      answer: { kind: 'json', status: 200, schema: page, description: 'Messages.' },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND', 'EXPRESSION_INVALID'],
    }),
    show: endpoint({
      method: 'GET',
      path: '/api/topics/{name}/messages/{partition}/{offset}',
      summary: 'Read one message',
      description: 'Its value whole, up to `preview_bytes`; its bytes too on request.',
      params: strict({
        name: anyTopicName,
        partition: Type.Integer({ minimum: 0, description: 'Its partition.' }),
        offset,
      }),
      query: strict({
        preview_bytes: previewBytes(limits.previewBytesMax),
        raw: Type.Boolean({ default: false, description: 'The bytes of key and value too, in base64.' }),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          ...messageFields,
          raw: nullable(
            strict({ key: nullable(Type.String()), value: nullable(Type.String()) }),
            'In base64, whole; null where it was not asked for.',
          ),
          batch: nullable(recordBatch, 'What it was written in.'),
          earliest: offset,
          latest: offset,
        }),
        description: 'The message, and what its partition holds.',
      },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND', 'MESSAGE_UNKNOWN'],
    }),
    histogram: endpoint({
      method: 'GET',
      path: '/api/topics/{name}/histogram',
      summary: 'Count messages over time',
      description:
        'Counts come from offsets by time, whatever the size of the topic. `matched` comes from a bounded search that ' +
        'begins with the newest.',
      params,
      query: strict({
        from: Type.Optional(
          Type.String({ maxLength: 45, description: 'A time; from the oldest message when left out.' }),
        ),
        until: Type.Optional(Type.String({ maxLength: 45, description: 'A time; now when left out.' })),
        buckets: Type.Integer({
          minimum: 1,
          maximum: 200,
          default: 60,
          description: 'Stretches of equal length.',
        }),
        filter,
        partition,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(bucket),
          count,
          from: timestamp,
          until: timestamp,
          total: Type.Integer({ minimum: 0, description: 'Offsets in all of them.' }),
          scanned: count,
          matched: nullable(count, 'Found so far; null without a filter.'),
          unjudged: count,
          complete: Type.Boolean({ description: 'The search got through all of it.' }),
          elapsed_ms: count,
          timestamp,
        }),
        description: 'Counts, oldest first.',
      },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND', 'EXPRESSION_INVALID'],
    }),
    follow: endpoint({
      method: 'GET',
      path: '/api/topics/{name}/messages/follow',
      summary: 'Follow messages as they come',
      description:
        'One JSON document a line until the client hangs up. A slow client slows the reading down; nothing is left out.',
      params,
      query: strict({
        from: from('latest'),
        filter,
        partition,
        preview_bytes: previewBytes(limits.previewBytesPreset),
      }),
      answer: { kind: 'lines', status: 200, schema: messageRow, description: 'Messages, one a line.' },
      permission: 'messages:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND', 'TOO_BUSY', 'EXPRESSION_INVALID'],
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
