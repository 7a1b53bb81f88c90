/** Health: whether Sluice is well, asked by people, load balancers and the scripts of systems A, D and E. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { nullable, strict, timestamp } from './schemas.ts'

const server = { kind: 'server', name: null } as const

const check = strict({
  name: Type.String(),
  ok: Type.Boolean(),
  /** Time of the last round trip. */
  checked_at: nullable(timestamp),
  latency_ms: nullable(Type.Number()),
  problem: nullable(Type.String()),
})

const health = strict({
  status: Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('unhealthy')], {
    description:
      '`unhealthy` when Kafka or the database does not answer, `degraded` when a pipeline does not run as it should.',
  }),
  kafka_connected: Type.Boolean({ description: 'A round trip at most 5 s ago succeeded.' }),
  database_connected: Type.Boolean({ description: 'A round trip at most 5 s ago succeeded.' }),
  sqs_connected: nullable(
    Type.Boolean({ description: 'A round trip at most 5 s ago succeeded; null where no SQS is configured.' }),
  ),
  stream_status: Type.Union([Type.Literal('running'), Type.Literal('stopped'), Type.Literal('degraded')]),
  version: Type.String(),
  uptime_seconds: Type.Integer({ minimum: 0 }),
  timestamp,
})

export const healthResource = defineResource({
  name: 'health',
  summary: 'Whether Sluice is well.',
  endpoints: {
    root: endpoint({
      method: 'GET',
      path: '/',
      summary: 'Say that Sluice is here',
      description: 'Browsers get a page; every other client gets this body.',
      query: Type.Object({}),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          status: Type.Literal('healthy'),
          service: Type.Literal('sluice'),
          version: Type.String(),
          timestamp,
        }),
        description: 'It answers.',
      },
      permission: null,
      resource: server,
      audit: null,
      open: true,
    }),
    health: endpoint({
      method: 'GET',
      path: '/health',
      summary: 'Show what is connected and whether pipelines run',
      description: 'Always 200 while the server runs; what is wrong is in the body. Use `/ready` for probes.',
      answer: { kind: 'json', status: 200, schema: health, description: 'State of the whole.' },
      permission: null,
      resource: server,
      audit: null,
      open: true,
    }),
    api_health: endpoint({
      method: 'GET',
      path: '/api/health',
      summary: 'Show what is connected and whether pipelines run',
      description: 'The same as `/health`.',
      answer: { kind: 'json', status: 200, schema: health, description: 'State of the whole.' },
      permission: null,
      resource: server,
      audit: null,
      open: true,
    }),
    ready: endpoint({
      method: 'GET',
      path: '/ready',
      summary: 'Say whether this server can serve',
      description: 'Each check is a round trip made at most 5 s ago.',
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ ready: Type.Boolean(), checks: Type.Array(check), timestamp }),
        description: 'It can.',
        also: [{ status: 503, description: 'It cannot: a check failed, or it is about to stop.' }],
      },
      permission: null,
      resource: server,
      audit: null,
      open: true,
    }),
    openapi: endpoint({
      method: 'GET',
      path: '/openapi.json',
      summary: 'Describe this API as OpenAPI 3.1',
      description: 'Generated from the same entries that the server is made of.',
      answer: {
        kind: 'json',
        status: 200,
        schema: Type.Record(Type.String(), Type.Unknown()),
        description: 'An OpenAPI 3.1 document.',
      },
      permission: 'contract:read',
      resource: server,
      audit: null,
    }),
  },
})
