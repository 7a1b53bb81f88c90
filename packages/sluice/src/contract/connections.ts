/** What Sluice is connected to, and whether it answers now. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { list, nullable, strict, timestamp } from './schemas.ts'

const connectionKinds = ['kafka', 'database', 'http'] as const

const name = Type.String({
  pattern: '^[A-Za-z0-9._-]{1,100}$',
  description: 'Name of the connection, as listed: `kafka`, `database`, `http`, or `sink.` and a pipeline.',
})

const connection = strict({
  name: Type.String(),
  kind: Type.Enum(connectionKinds, { description: 'What is at the other end.' }),
  title: Type.String({ description: 'For people.' }),
  address: Type.String({ description: 'Where it is; never with a password.' }),
  embedded: Type.Boolean({ description: 'Sluice started it itself.' }),
  used_by: Type.Array(Type.String(), {
    description: 'Pipelines that use it; all of them where Sluice itself does.',
  }),
  ok: nullable(Type.Boolean(), 'Whether the last round trip succeeded; null where none was made yet.'),
  checked_at: nullable(timestamp),
  latency_ms: nullable(Type.Number({ description: 'Of that round trip.' })),
  problem: nullable(Type.String({ description: 'What went wrong.' })),
  fix: nullable(Type.String({ description: 'What to do about it.' })),
  facts: Type.Array(strict({ name: Type.String(), value: Type.String() }), {
    description: 'What it told of itself: versions, brokers, ….',
  }),
})

export const connectionsResource = defineResource({
  name: 'connections',
  summary: 'What Sluice is connected to.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/connections',
      summary: 'List connections',
      description: 'Each with its last round trip. Nothing is asked anew; that is what testing does.',
      answer: { kind: 'json', status: 200, schema: list(connection), description: 'Connections.' },
      permission: 'connections:read',
      resource: { kind: 'connection', name: null },
      audit: null,
    }),
    test: endpoint({
      method: 'POST',
      path: '/api/connections/{name}/test',
      summary: 'Test a connection',
      description:
        'Makes a round trip over a new connection, within 5 s, and says what came of it. That it does not answer is an ' +
        'answer: look at `ok`.',
      params: strict({ name }),
      answer: { kind: 'json', status: 200, schema: connection, description: 'What came of it.' },
      permission: 'connections:test',
      resource: { kind: 'connection', name: { in: 'params', field: 'name' } },
      audit: null,
      faults: ['NOT_FOUND'],
    }),
  },
})
