/** The Kafka connectors: reading a topic as a member of a consumer group, writing to a topic. */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { defineSink, defineSource, type OptionProblem } from '../../flow/connector.ts'
import { parseFieldPath } from '../../flow/field-path.ts'
import { durationOption, sizeOption } from '../options.ts'

const topicPattern = '^[A-Za-z0-9._-]{1,249}$'

export const kafkaSourceOptions = Type.Object(
  {
    topic: Type.String({
      pattern: topicPattern,
      description: 'Topic to read. It is waited for when it is missing.',
    }),
    group: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Consumer group. Default: `<namespace>.<pipeline>`.',
      }),
    ),
    start: Type.Union(
      [
        Type.Literal('earliest'),
        Type.Literal('latest'),
        Type.Object(
          {
            time: Type.Union([Type.String(), Type.Integer({ minimum: 0 })], {
              description: 'ISO time, or milliseconds since 1970: the first record at or after it.',
            }),
          },
          { additionalProperties: false },
        ),
        Type.Object(
          {
            offsets: Type.Record(Type.String({ pattern: '^\\d{1,9}$' }), Type.Integer({ minimum: 0 }), {
              propertyNames: Type.String({ pattern: '^\\d{1,9}$' }),
              description:
                'First offset by partition; partitions that are not named are read from their start.',
            }),
          },
          { additionalProperties: false },
        ),
      ],
      { default: 'earliest', description: 'Where a partition begins that was never committed.' },
    ),
    on_gap: Type.Enum(['earliest', 'latest', 'fail'], {
      default: 'earliest',
      description:
        'What to do when a position is gone (retention, or the topic was made anew): go on at the oldest or newest record and say so, or fail.',
    }),
    isolation: Type.Enum(['read_committed', 'read_uncommitted'], {
      default: 'read_committed',
      description: 'Whether records of open and aborted transactions are left out.',
    }),
    batch_bytes: sizeOption('Most bytes of a partition that are fetched at once and make one batch.', '2MiB'),
    prefetch_bytes: sizeOption('Most bytes that are read ahead, over all partitions.', '32MiB'),
    wait: durationOption('How long the broker may hold a request while there is nothing to read.', '500ms'),
    session_timeout: durationOption(
      'How long a worker may be silent before the group gives its partitions to others.',
      '10s',
    ),
    group_protocol: Type.Enum(['classic', 'consumer'], {
      default: 'classic',
      description:
        'How the group shares partitions out: `classic` with every broker, or `consumer` (KIP-848) with Apache Kafka 4 and later, where the broker does it and its own session timeout counts.',
    }),
  },
  { additionalProperties: false },
)

const examineSource = (options: unknown): OptionProblem[] => {
  if (!Value.Check(kafkaSourceOptions, options)) return []
  const { start } = options
  if (typeof start === 'string' || !('time' in start) || typeof start.time === 'number') return []
  if (!Number.isNaN(Date.parse(start.time))) return []
  return [
    {
      path: ['start', 'time'],
      offset: null,
      problem: `'${start.time}' is no time`,
      fix: 'write it as in 2026-11-21T09:30:00Z, or as milliseconds since 1970',
    },
  ]
}

export const kafkaSource = defineSource({
  name: 'kafka',
  summary: 'Reads one Kafka topic, sharing its partitions with all workers.',
  details: [
    'Partitions are shared by the group protocol; each is a lane. Positions live with the sink or in the store of',
    'Sluice; offsets are committed to the group besides, as a hint for other tools.',
    '',
    'Keys, values, headers and tombstones are kept as they are. A position holds the id of the topic: when the topic',
    'was deleted and made anew, `on_gap` decides, and the log says so.',
  ].join('\n'),
  options: kafkaSourceOptions,
  guarantee: {
    delivery: 'exactly once in effect',
    order: 'per partition',
    because: 'A position is committed with what the sink wrote; with other sinks it is at least once.',
  },
  examine: examineSource,
  ownership: 'group',
  runsOn: 'worker',
  open: async (options, context) => {
    const { openKafkaSource } = await import('./source.ts')
    return openKafkaSource(options, context)
  },
  openPositions: async (options, context) => {
    const { openKafkaPositions } = await import('./positions.ts')
    return openKafkaPositions(options, context)
  },
})

export const kafkaSinkOptions = Type.Object(
  {
    topic: Type.String({ pattern: topicPattern, description: 'Topic to write.' }),
    create: Type.Object(
      {
        enabled: Type.Boolean({ default: true, description: 'Makes the topic when it is missing.' }),
        partitions: Type.Integer({
          minimum: -1,
          maximum: 10_000,
          default: -1,
          description: '-1: the default of the broker.',
        }),
        replication: Type.Integer({
          minimum: -1,
          maximum: 100,
          default: -1,
          description: '-1: the default of the broker.',
        }),
        config: Type.Record(Type.String(), Type.String(), {
          default: {},
          description: 'Settings of the topic, such as `retention.ms`.',
        }),
      },
      { default: {}, additionalProperties: false, description: 'How a missing topic is made.' },
    ),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Where the key is taken from: `event.field.path`, `meta.key`, `meta.headers.NAME`. Default: the key of the record.',
      }),
    ),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Headers that every record gets, besides its own.',
    }),
    acks: Type.Enum(['all', '1'], {
      default: 'all',
      description: 'When a record counts as written: by all in-sync replicas, or by the leader alone.',
    }),
    compression: Type.Enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
      default: 'none',
      description: 'How batches are compressed.',
    }),
    batch_bytes: sizeOption('Most bytes of a batch for one partition.', '1MB'),
    linger: Type.String({
      pattern: '^\\d+(\\.\\d+)?(ms|s)$',
      default: '0ms',
      description: 'How long a batch waits for more records of other lanes.',
    }),
  },
  { additionalProperties: false },
)

const keyProblems = (options: unknown): readonly OptionProblem[] => {
  const key = typeof options === 'object' && options !== null && 'key' in options ? options.key : undefined
  if (typeof key !== 'string' || parseFieldPath(key) !== undefined) return []
  const fix = 'write event.NAME, meta.key or meta.headers.NAME'
  return [{ path: ['key'], offset: null, problem: `the key "${key}" is no path`, fix }]
}

export const kafkaSink = defineSink({
  name: 'kafka',
  summary: 'Writes to one Kafka topic.',
  details: [
    'A record that no step changed is written with the very bytes it came with, else as JSON. Key, headers and time are',
    'kept; the header `sluice-record-id` holds the id of the record, so that readers can leave out what a retry wrote',
    'twice. Records go to partitions by the hash of their key, as Java clients do it; those without a key are spread.',
  ].join('\n'),
  options: kafkaSinkOptions,
  guarantee: {
    delivery: 'at least once',
    order: 'per lane of the source and partition',
    because:
      'The producer is idempotent while it lives; after a crash the records since the last commit are written again, with the same record ids.',
  },
  examine: keyProblems,
  open: async (options, context) => {
    const { openKafkaSink } = await import('./sink.ts')
    return openKafkaSink(options, context)
  },
})
