/** One run of the kill test: writers on three ways in, random kills by a seeded schedule, then a count of everything. */
import pg from 'pg'
import { randomInteger, seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { startSystem, type Target, targets, type WholeSystem } from './system.ts'
import { fileWriter, httpWriter, kafkaWriter, type Writer } from './writers.ts'

export const configuration = `
topics:
  events: { partitions: 3, replication_factor: 1 }
  lines: { partitions: 2, replication_factor: 1 }
  posted: { partitions: 2, replication_factor: 1 }
pipelines:
  events-to-table:
    source: { kafka: { topic: events, session_timeout: 6s } }
    sink:
      postgres:
        table: events
        columns:
          n: bigint
          lane: { type: text, from: meta.lane }
          record_offset: { type: bigint, from: meta.offset }
  file-to-kafka:
    source: { file: { path: lines.ndjson, follow: true } }
    sink: { kafka: { topic: lines } }
  lines-to-table:
    source: { kafka: { topic: lines, session_timeout: 6s } }
    sink: { postgres: &once { table: lines, columns: { id: { type: text, from: meta.id }, n: bigint }, key: id, on_conflict: ignore } }
  http-to-kafka:
    source: http
    sink: { kafka: { topic: posted } }
  posted-to-table:
    source: { kafka: { topic: posted, session_timeout: 6s } }
    sink: { postgres: { table: posted, columns: { id: { type: text, from: meta.id }, n: bigint }, key: id, on_conflict: ignore } }
`

export interface KillRunOptions {
  readonly seed: number
  readonly kills: number
  /** On Apache Kafka and PostgreSQL 15 instead of the embedded parts. */
  readonly real: boolean
  readonly say: (line: string) => void
}

export interface Count {
  readonly table: string
  readonly acknowledged: number
  readonly rows: number
  /** Acknowledged numbers that are in no row. */
  readonly lost: number
  /** Numbers in more than one row. */
  readonly duplicated: number
  /** Rows with numbers that were never sent. */
  readonly invented: number
}

export interface KillRunResult {
  readonly kills: Readonly<Record<Target, number>>
  readonly counts: readonly Count[]
  /** Kafka offsets that were stored in more than one row. */
  readonly offsetsTwice: number
  /** Pipelines whose ledger does not balance when everything is at rest. */
  readonly gaps: readonly string[]
  readonly output: string
}

/** Longer than leases, group sessions and restarts together. */
const arriveWithinMs = 90_000

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks the database, again while it is down. */
export const ask = async (system: WholeSystem, text: string): Promise<Record<string, unknown>[]> => {
  const until = Date.now() + 60_000
  for (;;) {
    const client = new pg.Client({ connectionString: system.databaseUrl() })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<Record<string, unknown>>(text)).rows
    } catch (error) {
      if (Date.now() > until) throw error
      await pause(200)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

export const countTable = async (system: WholeSystem, table: string, writer: Writer): Promise<Count> => {
  const rows = (await ask(system, `select n from ${table}`)).map((row) => Number(row['n']))
  const seen = new Map<number, number>()
  for (const n of rows) seen.set(n, (seen.get(n) ?? 0) + 1)
  return {
    table,
    acknowledged: writer.acknowledged.size,
    rows: rows.length,
    lost: [...writer.acknowledged].filter((n) => !seen.has(n)).length,
    duplicated: [...seen.values()].filter((times) => times > 1).length,
    invented: [...seen.keys()].filter((n) => !writer.sent.has(n)).length,
  }
}

interface Shown {
  readonly name: string
  readonly state: string
  readonly lag: { readonly records: number } | null
  readonly ledger: { readonly gap: number; readonly in_flight: number; readonly in: number }
}

const pipelinesOf = async (system: WholeSystem): Promise<readonly Shown[]> => {
  const response = await fetch(`${system.http}/api/pipelines`, {
    headers: { authorization: `Bearer ${system.key()}` },
    signal: AbortSignal.timeout(5_000),
  })
  const body = (await response.json()) as { data: readonly Shown[] }
  return body.data
}

/** Resolves when every acknowledged number is in its table, or after a while: what is missing then is lost. */
const untilArrived = async (
  system: WholeSystem,
  tables: readonly (readonly [string, Writer])[],
): Promise<readonly Count[]> => {
  const until = Date.now() + arriveWithinMs
  for (;;) {
    const counts: Count[] = []
    for (const [table, writer] of tables) counts.push(await countTable(system, table, writer))
    if (counts.every(({ lost }) => lost === 0) || Date.now() > until) return counts
    await pause(500)
  }
}

/** Resolves when every pipeline runs, has no lag and nothing in flight, twice in a row. */
export const untilAtRest = async (system: WholeSystem): Promise<readonly Shown[]> => {
  const until = Date.now() + 90_000
  let before = ''
  for (;;) {
    let shown: readonly Shown[] = []
    try {
      shown = await pipelinesOf(system)
    } catch {
      shown = []
    }
    const atRest =
      shown.length > 0 &&
      shown.every(
        ({ state, lag, ledger }) =>
          state === 'running' && (lag === null || lag.records === 0) && ledger.in_flight === 0,
      )
    const now = JSON.stringify(shown.map(({ name, ledger }) => [name, ledger.in]))
    if (atRest && now === before) return shown
    before = atRest ? now : ''
    if (Date.now() > until)
      throw new Error(`It does not come to rest: ${JSON.stringify(shown)}\n${system.output()}`)
    await pause(2_500)
  }
}

const killAtRandom = async (
  system: WholeSystem,
  options: KillRunOptions,
): Promise<Record<Target, number>> => {
  const random = seededRandom(options.seed)
  const kills: Record<Target, number> = { worker: 0, server: 0, broker: 0, postgres: 0 }
  let done = 0
  while (done < options.kills) {
    await pause(randomInteger(random, 100, 1_500))
    const target = targets[randomInteger(random, 0, targets.length - 1)] ?? 'worker'
    if (!(await system.kill(target))) continue
    kills[target] += 1
    done += 1
    if (done % 10 === 0) options.say(`${done} of ${options.kills} kills`)
  }
  return kills
}

export const killRun = async (options: KillRunOptions): Promise<KillRunResult> => {
  options.say(`seed ${options.seed}: the same seed kills in the same order`)
  await using system = await startSystem(configuration, options.real)
  const file = fileWriter(system.folder, 'lines.ndjson')
  const http = httpWriter(system, 'http-to-kafka')
  const kafka = await kafkaWriter(system, 'events')
  const kills = await killAtRandom(system, options)
  await Promise.all([kafka.stop(), http.stop(), file.stop()])
  const tables = [
    ['events', kafka],
    ['lines', file],
    ['posted', http],
  ] as const
  await untilArrived(system, tables)
  // A worker that was killed holds its leases a while longer; only then is everything read and counted.
  const shown = await untilAtRest(system)
  const counts = await untilArrived(system, tables)
  const twice = await ask(
    system,
    'select count(*) as twice from (select 1 from events group by lane, record_offset having count(*) > 1) t',
  )
  return {
    kills,
    counts,
    offsetsTwice: Number(twice[0]?.['twice']),
    gaps: shown.filter(({ ledger }) => ledger.gap !== 0).map(({ name, ledger }) => `${name}: ${ledger.gap}`),
    output: system.output(),
  }
}
