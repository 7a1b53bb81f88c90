/** Answers of `connections`: what Sluice is connected to, each with a round trip that was made. */
import type { Answers } from '../../contract/answers.ts'
import type { connectionsResource } from '../../contract/connections.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { ConnectionRow, Connections } from '../ports.ts'

type ConnectionBody = AnswerOf<(typeof connectionsResource)['endpoints']['test']>

const connectionBody = ({ last, ...row }: ConnectionRow): ConnectionBody => ({
  name: row.name,
  kind: row.kind,
  title: row.title,
  address: row.address,
  embedded: row.embedded,
  used_by: [...row.usedBy],
  ok: last?.ok ?? null,
  checked_at: last === null ? null : new Date(last.checkedAtMs).toISOString(),
  latency_ms: last?.latencyMs ?? null,
  problem: last?.problem ?? null,
  fix: last?.fix ?? null,
  facts: (last?.facts ?? []).map(({ name, value }) => ({ name, value })),
})

export const connectionsAnswers = (
  connections: Connections,
  clock: Clock,
): Answers<typeof connectionsResource> => ({
  list: async () => {
    const data = (await connections.list()).map(connectionBody)
    return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
  },
  test: async ({ params }) => {
    const row = await connections.test(params.name)
    if (row === null) throw fault('NOT_FOUND', { kind: 'connection', name: params.name })
    return connectionBody(row)
  },
})
