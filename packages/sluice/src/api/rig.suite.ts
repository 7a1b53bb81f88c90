/** A whole API over a cluster, pipelines and dead letters in memory, for tests. */

import { emptyLedger } from '../flow/ledger.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { logLevels, silentLogger } from '../kernel/logger.ts'
import type { DeadLetterRow } from '../store/dead-letters.ts'
import { sensorsAnswers } from '../systems/sensors/answers.ts'
import { createKafkaView } from './kafka-view/kafka-view.ts'
import { memoryKafka } from './memory-kafka.suite.ts'
import { memorySessions } from './memory-sessions.suite.ts'
import { scanBudget } from './message-scan.ts'
import type {
  AuditEntry,
  ConfigurationFile,
  ConnectionRow,
  Connections,
  DeadLetters,
  HttpReceiver,
  LogBook,
  LogRow,
  PipelineStatus,
  Pipelines,
  PositionMove,
  Series,
} from './ports.ts'
import { adminKeyAuthentication } from './principals.ts'
import { type ApiServer, createServer, type ServerParts } from './server.ts'
import { createSessions } from './sessions.ts'

export const testKey = `sluice_${'k'.repeat(43)}`

/** A pipeline that runs well, for tests to change. */
export const testPipeline = (name: string, change: Partial<PipelineStatus> = {}): PipelineStatus => ({
  name,
  state: 'running',
  sinceMs: Date.UTC(2026, 0, 31, 12),
  reason: null,
  source: 'kafka',
  sink: 'postgres',
  guarantee: { delivery: 'exactly once in effect', order: 'per partition', because: 'It is for tests.' },
  latency: { p50Ms: 4, p99Ms: 32 },
  steps: [
    {
      id: 'validate',
      use: 'validate',
      work: { in: 10, out: 7, errors: 1, inPerSecond: 12.5, p50Us: 2, p99Us: 8 },
    },
  ],
  group: `sluice.${name}`,
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
  countedSinceMs: Date.UTC(2026, 0, 31, 11),
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
    text: async (name) => ({ text: `${known(name).name}: {}\n`, file: 'sluice.yaml', line: 3, revision: 1 }),
    outcomes: async (name) => [
      {
        at_ms: known(name).sinceMs,
        outcome: 'dead_lettered',
        step: 'validate',
        code: 'RECORD_REFUSED',
        reason: 'temperature is no number.',
        lane: 'readings/0',
        number: '9',
      },
      {
        at_ms: known(name).sinceMs - 1_000,
        outcome: 'delivered',
        step: null,
        code: null,
        reason: null,
        lane: 'readings/0',
        number: '8',
      },
    ],
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
    redriveEdited: async (id, value) => {
      const row = all.get(id)
      if (row?.state !== 'dead') return false
      const edited = value === null ? null : Buffer.from(value)
      all.set(id, { ...row, value: edited, edited: true, state: 'redriving' })
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

/** Nothing was measured. */
export const memorySeries = (): Series => ({
  read: async ({ fromMs, toMs }) => ({ lines: [], fromMs, toMs, stepMs: 5_000 }),
  marks: async () => [],
})

/** A log in memory; filters by level, component and text. */
export const memoryLogs = (rows: readonly LogRow[]): LogBook => ({
  kept: { days: 7, sizeBytes: 256 * 1024 * 1024 },
  read: async ({ level, component, text, limit, offset }) =>
    rows
      .filter((row) => level === null || logLevels.indexOf(row.level) >= logLevels.indexOf(level))
      .filter((row) => component === null || row.component === component)
      .filter((row) => text === null || row.message.includes(text))
      .toSorted((a, b) => b.id - a.id)
      .slice(offset, offset + limit),
  components: async () => [...new Set(rows.map(({ component }) => component))].toSorted(),
})

export const testLogLine = (id: number, change: Partial<LogRow> = {}): LogRow => ({
  id,
  atMs: Date.UTC(2026, 0, 31, 12, 0, id),
  level: 'info',
  component: 'pipeline readings',
  process: 'worker 1',
  host: 'here',
  message: `line ${id}`,
  fields: { records: id },
  ...change,
})

/** A configuration file in memory: text with `!` in it has an error. */
export const memoryConfiguration = (): ConfigurationFile & { text: string } => {
  const revisions = [{ id: 1, text: 'pipelines: {}\n', createdAtMs: 0, createdBy: 'here sluice.yaml' }]
  const newest = () => revisions.at(-1) ?? { id: 0, text: '', createdAtMs: 0, createdBy: '' }
  const rowOf = ({ id, text, createdAtMs, createdBy }: ReturnType<typeof newest>) => ({
    id,
    createdAtMs,
    createdBy,
    sizeBytes: text.length,
  })
  const findings = (text: string) =>
    text.includes('!')
      ? [
          {
            line: 1,
            column: text.indexOf('!') + 1,
            severity: 'error' as const,
            problem: 'a mark',
            fix: 'no mark',
          },
        ]
      : []
  const ready: ConfigurationFile['ready'] = async ({ revision }) => {
    if (revision !== null && revision !== newest().id) {
      throw fault('CONFLICT', { what: 'The configuration', problem: `is revision ${newest().id} by now` })
    }
  }
  const none = { added: [], changed: [], removed: [] }
  return {
    get text() {
      return newest().text
    },
    show: async () => ({
      text: newest().text,
      file: 'sluice.yaml',
      revision: newest().id,
      hash: '0123456789abcdef',
      notEditableBecause: null,
      restartRequired: [],
      findings: [],
    }),
    check: async (text) => ({
      findings: findings(text),
      pipelines: 1,
      topics: 0,
      changes: text.includes('!')
        ? null
        : { pipelines: { ...none, added: ['orders'], restarted: [] }, topics: none, restart: ['http'] },
    }),
    ready,
    write: async (text, base) => {
      await ready(base)
      const id = newest().id + 1
      revisions.push({ id, text, createdAtMs: 0, createdBy: 'here sluice.yaml' })
      return { backup: 'sluice.yaml.bak', revision: id }
    },
    revisions: async (before, limit) =>
      revisions
        .filter(({ id }) => before === null || id < before)
        .toReversed()
        .slice(0, limit)
        .map(rowOf),
    revision: async (wanted) => {
      const found = revisions.find(({ id }) => id === wanted)
      if (found === undefined) return null
      return { ...rowOf(found), text: found.text, previous: wanted > 1 ? wanted - 1 : null }
    },
  }
}

/** Connections of which Kafka answers and the database does not. */
export const memoryConnections = (): Connections => {
  const row = (name: 'kafka' | 'database'): ConnectionRow => ({
    name,
    kind: name,
    title: name,
    address: '127.0.0.1:1',
    embedded: true,
    usedBy: ['readings'],
    last: null,
  })
  const ok = { ok: true, checkedAtMs: 0, latencyMs: 2, problem: null, fix: null, facts: [] }
  return {
    list: async () => [row('kafka'), row('database')],
    test: async (name) => {
      if (name === 'kafka') return { ...row('kafka'), last: ok }
      if (name !== 'database') return null
      return { ...row('database'), last: { ...ok, ok: false, problem: 'refused', fix: 'Start it.' } }
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
  const looked = { kafka: change.kafka ?? kafka, pipelines: change.pipelines ?? pipelines }
  const kafkaView = createKafkaView({ ...looked, clock: systemClock })
  const server = await createServer({
    version: '0.0.0-test',
    clock: systemClock,
    logger: silentLogger,
    authenticate: adminKeyAuthentication(testKey),
    sessions: createSessions({
      store: memorySessions(),
      adminKey: testKey,
      clock: change.clock ?? systemClock,
    }),
    anonymous: 'none',
    environment: { name: 'sluice', kafka: 'embedded', database: 'embedded' },
    keyFile: '.sluice/admin.key',
    names: { hosts: [], origins: [] },
    kafka,
    kafkaView,
    pipelines,
    series: memorySeries(),
    deadLetters: memoryDeadLetters([testLetter(1), testLetter(2), testLetter(3, { pipeline: 'orders' })]),
    receivers: { of: (pipeline) => (pipeline === 'events' ? receiver : null) },
    logs: memoryLogs([
      testLogLine(1),
      testLogLine(2, { level: 'error', message: 'it broke' }),
      testLogLine(3),
    ]),
    logTail: { subscribe: () => () => undefined },
    configurationFile: memoryConfiguration(),
    connections: memoryConnections(),
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
    // Nothing here depends on how busy the machine is.
    searchBudget: { ...scanBudget, ms: 600_000 },
    checkAnswers: true,
    ...change,
  })
  const close = async (): Promise<void> => {
    await server.close(500)
    await kafkaView[Symbol.asyncDispose]()
  }
  return { server, kafka, pipelines, audit, [Symbol.asyncDispose]: close }
}
