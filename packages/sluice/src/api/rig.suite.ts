/** A whole API over a cluster, pipelines and dead letters in memory, for tests. */

import { emptyLedger } from '../flow/ledger.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { silentLogger } from '../kernel/logger.ts'
import type { DeadLetterRow } from '../store/dead-letters.ts'
import { sensorsAnswers } from '../systems/sensors/answers.ts'
import { memoryKafka } from './memory-kafka.suite.ts'
import type {
  AuditEntry,
  DeadLetters,
  HttpReceiver,
  PipelineStatus,
  Pipelines,
  PositionMove,
} from './ports.ts'
import { adminKeyAuthentication } from './principals.ts'
import { type ApiServer, createServer, type ServerParts } from './server.ts'

export const testKey = `sluice_${'k'.repeat(43)}`

/** A pipeline that runs well, for tests to change. */
export const testPipeline = (name: string, change: Partial<PipelineStatus> = {}): PipelineStatus => ({
  name,
  state: 'running',
  sinceMs: Date.UTC(2026, 0, 31, 12),
  reason: null,
  source: 'kafka',
  sink: 'postgres',
  steps: [{ id: 'validate', use: 'validate' }],
  reads: ['readings'],
  writes: [],
  rates: { inPerSecond: 12.5, outPerSecond: 12 },
  lag: { records: 3, behindMs: 250 },
  ledger: { ...emptyLedger, in: 10, delivered: 7, filtered: 2, dead_lettered: 1, outputs: 7 },
  deadLetters: 1,
  lanes: [
    {
      lane: 'readings/0',
      position: '{"offset":"10"}',
      owner: 'worker-1',
      epoch: 4,
      lag: { records: 3, behindMs: 250 },
      committedAtMs: Date.UTC(2026, 0, 31, 12, 1),
    },
  ],
  ...change,
})

const stateOfWish = { running: 'running', paused: 'paused', stopped: 'stopped' } as const

export const memoryPipelines = (
  initial: readonly PipelineStatus[],
): Pipelines & { readonly moved: PositionMove[] } => {
  const all = new Map(initial.map((status) => [status.name, status]))
  const moved: PositionMove[] = []
  const known = (name: string): PipelineStatus => {
    const status = all.get(name)
    if (status === undefined) throw fault('NOT_FOUND', { kind: 'pipeline', name })
    return status
  }
  return {
    moved,
    list: async () => [...all.values()],
    one: async (name) => all.get(name) ?? null,
    want: async (name, state) => {
      all.set(name, { ...known(name), state: stateOfWish[state] })
    },
    positions: async (name) =>
      known(name).lanes.map(({ lane, position, committedAtMs }) => ({
        lane,
        position,
        earliest: '0',
        latest: '13',
        committedAtMs,
      })),
    planMove: async (name, change) => {
      const to = change.kind === 'skip' ? String(change.past + 1n) : '0'
      return known(name).lanes.map(({ lane, position }) => ({ lane, from: position, to, records: -10 }))
    },
    move: async (name, moves) => {
      if (known(name).state === 'running') {
        throw fault('CONFLICT', { what: `Pipeline ${name}`, problem: 'runs; pause or stop it first' })
      }
      moved.push(...moves)
    },
  }
}

export const testLetter = (id: number, change: Partial<DeadLetterRow> = {}): DeadLetterRow => ({
  id,
  pipeline: 'readings',
  lane: 'readings/0',
  number: String(id),
  stream: 'readings',
  recordId: `readings/x/readings/0/${id}`,
  step: 'validate',
  code: 'RECORD_REFUSED',
  reason: 'The validate refused the record: temperature is no number.',
  attempts: 1,
  key: Buffer.from('s-1'),
  value: Buffer.from('{"temperature":"warm"}'),
  headers: [{ key: 'trace', value: Buffer.from('t-1') }],
  timeMs: Date.UTC(2026, 0, 31, 12),
  state: 'dead',
  edited: false,
  deadAtMs: Date.UTC(2026, 0, 31, 12, 1),
  ...change,
})

export const memoryDeadLetters = (initial: readonly DeadLetterRow[]): DeadLetters => {
  const all = new Map(initial.map((row) => [row.id, row]))
  const chosen = (pipeline: string, ids: readonly number[] | 'all'): DeadLetterRow[] =>
    [...all.values()].filter((row) => row.pipeline === pipeline && (ids === 'all' || ids.includes(row.id)))
  return {
    list: async ({ pipeline, state, before, limit }) =>
      [...all.values()]
        .filter((row) => pipeline === undefined || row.pipeline === pipeline)
        .filter((row) => state === undefined || row.state === state)
        .filter((row) => before === undefined || row.id < before)
        .toSorted((a, b) => b.id - a.id)
        .slice(0, limit),
    one: async (id) => all.get(id) ?? null,
    counts: async () => new Map(),
    edit: async (id, value) => {
      const row = all.get(id)
      if (row?.state !== 'dead') return false
      all.set(id, { ...row, value: value === null ? null : Buffer.from(value), edited: true })
      return true
    },
    redrive: async (pipeline, ids) => {
      const rows = chosen(pipeline, ids).filter((row) => row.state === 'dead')
      for (const row of rows) all.set(row.id, { ...row, state: 'redriving' })
      return rows.length
    },
    purge: async (pipeline, ids) => {
      const rows = chosen(pipeline, ids).filter((row) => row.state !== 'redriving')
      for (const row of rows) all.delete(row.id)
      return rows.length
    },
  }
}

export interface TestApi extends AsyncDisposable {
  readonly server: ApiServer
  readonly kafka: ReturnType<typeof memoryKafka>
  readonly pipelines: ReturnType<typeof memoryPipelines>
  readonly audit: readonly AuditEntry[]
}

/** A server over everything in memory; answers are checked against the contract. */
export const startTestApi = async (change: Partial<ServerParts> = {}): Promise<TestApi> => {
  const kafka = memoryKafka()
  const pipelines = memoryPipelines([testPipeline('readings'), testPipeline('orders', { reads: ['orders'] })])
  const audit: AuditEntry[] = []
  const receiver: HttpReceiver = {
    receive: async ({ body }) => ({ accepted: body.length === 0 ? 0 : 1, repeated: false }),
  }
  const server = await createServer({
    version: '0.0.0-test',
    clock: systemClock,
    logger: silentLogger,
    authenticate: adminKeyAuthentication(testKey),
    keyFile: '.sluice/admin.key',
    names: { hosts: [], origins: [] },
    kafka,
    pipelines,
    deadLetters: memoryDeadLetters([testLetter(1), testLetter(2), testLetter(3, { pipeline: 'orders' })]),
    receivers: { of: (pipeline) => (pipeline === 'events' ? receiver : null) },
    audit: {
      record: async (entry) => {
        audit.push(entry)
      },
    },
    roundTrips: [
      { name: 'kafka', ping: () => Promise.resolve() },
      { name: 'database', ping: () => Promise.resolve() },
    ],
    sensors: sensorsAnswers({ query: async () => ({ rows: [], rowCount: 0 }) }, systemClock),
    page: null,
    checkAnswers: true,
    ...change,
  })
  return { server, kafka, pipelines, audit, [Symbol.asyncDispose]: () => server.close(500) }
}
