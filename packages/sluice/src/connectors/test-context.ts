/** What connectors are opened with in tests, and how a test reads a source to its end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenContext } from '../flow/connector.ts'
import type { HttpReceiver, HttpReceivers, IdempotencyStore, RememberedCall } from '../flow/http-ingest.ts'
import { outcomeCode } from '../flow/outcome.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { SourceSession } from '../flow/source.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { silentLogger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'

/** Receivers of this process, by pipeline. */
export const memoryReceivers = (): HttpReceivers & { pipelines(): string[] } => {
  const known = new Map<string, HttpReceiver>()
  return {
    pipelines: () => [...known.keys()],
    register: (pipeline, receiver) => {
      known.set(pipeline, receiver)
      return { [Symbol.dispose]: () => known.delete(pipeline) }
    },
  }
}

/** Keys of calls, in memory. */
export const memoryIdempotency = (): IdempotencyStore => {
  const calls = new Map<string, RememberedCall>()
  const nameOf = (pipeline: string, key: string): string => JSON.stringify([pipeline, key])
  return {
    find: async (pipeline, key) => calls.get(nameOf(pipeline, key)) ?? null,
    remember: async (pipeline, key, call) => {
      if (!calls.has(nameOf(pipeline, key))) calls.set(nameOf(pipeline, key), call)
    },
  }
}

export const testContext = (over: Partial<OpenContext> = {}): OpenContext => ({
  pipeline: 'test',
  namespace: 'sluice',
  clock: systemClock,
  random: seededRandom(1),
  logger: silentLogger,
  topics: [],
  kafka: { brokers: [], tls: false, sasl: null, clientId: 'test' },
  httpReceivers: memoryReceivers(),
  idempotency: memoryIdempotency(),
  baseDirectory: '.',
  hostName: 'testhost',
  processId: 'process-1',
  database: () => Promise.reject(new Error('no database in this test')),
  ...over,
})

/** A folder that is gone after the test. */
export const temporaryFolder = async (): Promise<AsyncDisposable & { path: (name: string) => string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Virtual time that moves on by itself as soon as somebody sleeps. */
export const skippingClock = (startMs: number): Clock => {
  let now = startMs
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms
      await Promise.resolve()
    },
  }
}

export const settleAll = (session: SourceSession, batch: RecordBatch): Promise<void> =>
  session.settle({ batch, outcomes: new Uint8Array(batch.count).fill(outcomeCode.delivered) })

export interface ReadRecord {
  readonly lane: string
  readonly id: string
  readonly number: bigint
  readonly timeMs: number
  readonly key: string | null
  readonly text: string | null
}

export const recordsOf = (batch: RecordBatch): ReadRecord[] =>
  Array.from({ length: batch.count }, (_, i) => ({
    lane: batch.origin.lane,
    id: batch.idOf(i),
    number: batch.numberOf(i),
    timeMs: batch.timeOf(i),
    key: batch.keyTextOf(i),
    text: batch.valueOf(i)?.toString() ?? null,
  }))

/**
 * Reads until every started lane ended, until `most` records came, or until nothing came for `idles` times.
 * Batches are settled as they come.
 */
export const readSome = async (
  session: SourceSession,
  lanes: ReadonlyMap<string, string | null>,
  { most = Number.POSITIVE_INFINITY, idles = Number.POSITIVE_INFINITY } = {},
): Promise<{ records: ReadRecord[]; positions: Map<string, string>; ended: string[] }> => {
  const signal = new AbortController().signal
  for (const [lane, position] of lanes) await session.start(lane, position)
  const records: ReadRecord[] = []
  const positions = new Map<string, string>()
  const ended: string[] = []
  let idle = 0
  while (ended.length < lanes.size && records.length < most && idle < idles) {
    const event = await session.next(signal)
    if (event.kind === 'ended') ended.push(event.lane)
    if (event.kind === 'idle') idle += 1
    if (event.kind !== 'batch') continue
    records.push(...recordsOf(event.batch))
    positions.set(event.batch.origin.lane, event.batch.origin.next)
    await settleAll(session, event.batch)
  }
  return { records, positions, ended }
}

/** All lanes of a session, each from its beginning. */
export const fromStart = async (session: SourceSession): Promise<Map<string, null>> =>
  new Map((await session.lanes()).map((lane) => [lane, null]))
