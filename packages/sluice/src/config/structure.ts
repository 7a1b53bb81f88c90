/** The configuration file as schemas, but for sources, transforms and sinks, whose definitions bring their own. */
import { type TSchema, type TSchemaOptions, Type } from 'typebox'
import { defaultRetryPolicy } from '../flow/pipeline.ts'
import { logLevels } from '../kernel/logger.ts'
import { durationPattern, sizePattern } from '../kernel/units.ts'
import { kafkaSettings } from './kafka-settings.ts'

const closed = { additionalProperties: false } as const

const duration = (description: string, byDefault: string) =>
  Type.String({ pattern: durationPattern, description, default: byDefault, examples: [byDefault] })

const literals = <Names extends readonly string[]>(names: Names, options: TSchemaOptions) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    options,
  )

const databaseSettings = Type.Object(
  {
    url: Type.String({
      pattern: '^postgres(?:ql)?://',
      secret: true,
      description: 'Address of a PostgreSQL 15 or newer.',
      examples: ['postgres://user@host:5432/database'],
    }),
  },
  { ...closed, description: 'An own PostgreSQL.' },
)

const httpSettings = Type.Object(
  {
    listen: Type.String({
      pattern: '^(?:[^\\s:\\[\\]/]+|\\[[0-9A-Fa-f:.]+\\]):\\d{1,5}$',
      default: '127.0.0.1:8080',
      description: 'Address of the API and the dashboard; `--http` and `SLUICE_HTTP` override it.',
      examples: ['127.0.0.1:8080'],
    }),
    allow_remote: Type.Boolean({
      default: false,
      description: 'Must be true to listen beyond this machine: put a proxy that ends TLS before it.',
    }),
    hosts: Type.Array(Type.String({ pattern: '^(?:[A-Za-z0-9.-]+|\\*)$', examples: ['sluice.example'] }), {
      default: [],
      description: 'Names by which this server is reached, beside localhost; `*` takes every name.',
    }),
    origins: Type.Array(Type.String({ pattern: '^https?://[^/\\s]+$', examples: ['https://app.example'] }), {
      default: [],
      description: 'Origins of other pages whose scripts may use the API.',
    }),
    anonymous: literals(['none', 'read'], {
      default: 'none',
      description:
        'What somebody who is not signed in may do: `read` shows topics, messages, pipelines, dead letters and readings ' +
        'to everybody who reaches the server; changes, the configuration and logs need a sign-in all the same.',
    }),
  },
  { ...closed, description: 'The API and the dashboard.' },
)

export const topicSettings = Type.Object(
  {
    partitions: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'Into how many partitions the topic is split. It can be raised later, never lowered.',
    }),
    replication_factor: Type.Integer({
      minimum: 1,
      maximum: 32,
      default: 1,
      description: 'How many brokers keep a copy; never more than there are brokers.',
    }),
    configs: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
      default: {},
      propertyNames: { pattern: '^[a-z][a-z0-9.]*$' },
      description: "Kafka's own settings of the topic, such as `retention.ms`.",
    }),
    type: Type.Optional(
      Type.String({ minLength: 1, description: 'What the records are: sensor, logs, payments, ….' }),
    ),
    description: Type.Optional(Type.String({ description: 'For people who read the catalogue.' })),
    schema: Type.Optional(
      Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())], {
        description: 'JSON Schema of the bodies: a file, relative to the configuration, or in place.',
      }),
    ),
  },
  { ...closed, description: 'A topic that Sluice makes when it is missing.' },
)

export const retrySettings = Type.Object(
  {
    first: duration('Wait before the first retry.', `${defaultRetryPolicy.firstMs}ms`),
    most: duration('Longest wait between two retries.', `${defaultRetryPolicy.mostMs / 1_000}s`),
    degraded_after: Type.Integer({
      minimum: 1,
      default: defaultRetryPolicy.degradedAfter,
      description: 'After so many failures in a row the pipeline counts as degraded; it goes on trying.',
    }),
  },
  { ...closed, description: 'How the pipeline goes on trying when source or sink fail.' },
)

const logSettings = Type.Object(
  {
    level: literals(logLevels, { default: 'info', description: 'The least level that is written.' }),
    format: literals(['text', 'json'], { default: 'text', description: 'Lines for people, or JSON lines.' }),
    keep: duration('How long lines can be searched (`sluice logs`).', '7d'),
    keep_size: Type.String({
      pattern: sizePattern,
      default: '256MiB',
      description: 'The oldest lines go when all together are larger.',
      examples: ['256MiB'],
    }),
  },
  { ...closed, description: 'What is logged, and how.' },
)

/** Settings that stand at the top of the file, but for `topics` and `pipelines`. */
export const topSettings = {
  namespace: Type.String({
    pattern: '^[a-z][a-z0-9_]{0,31}$',
    default: 'sluice',
    description: 'Prefix of database schema, consumer groups and internal topics: two namespaces never meet.',
    examples: ['sluice'],
  }),
  kafka: Type.Union([Type.Literal('embedded'), kafkaSettings], {
    default: 'embedded',
    description: 'Where Kafka is: `embedded` starts the one that comes with Sluice.',
  }),
  database: Type.Union([Type.Literal('embedded'), databaseSettings], {
    default: 'embedded',
    description: 'Where PostgreSQL is: `embedded` starts one on this machine.',
  }),
  http: httpSettings,
  workers: Type.Integer({
    minimum: 0,
    maximum: 256,
    default: 1,
    description: 'Worker processes that `sluice up` starts on this machine.',
  }),
  log: logSettings,
} satisfies Record<string, TSchema>

/** Keys of a pipeline beside its source, transforms and sink. */
export const pipelineSettings = {
  enabled: Type.Union([Type.Boolean(), Type.String()], {
    default: true,
    description:
      'Whether the pipeline is there at all. `false` and empty text switch it off, so that a variable can: `${SENSORS_DIR:-}`.',
  }),
  description: Type.Optional(Type.String({ description: 'For people who look at the pipeline.' })),
  retry: retrySettings,
}

export const pipelineNamePattern = '^[a-z][a-z0-9-]{0,62}$'
export const topicNamePattern = '^[A-Za-z0-9._-]{1,249}$'
