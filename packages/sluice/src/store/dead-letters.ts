/** Dead letters as rows: list, look at one, redrive (edited or as they are), purge. */
import type { SqlSession } from '../flow/commit.ts'
import type { Header } from '../flow/record-batch.ts'
import type { Database } from './database.ts'
import { changesChannel } from './definitions.ts'

export const deadLetterStates = ['dead', 'redriving', 'redriven'] as const
export type DeadLetterState = (typeof deadLetterStates)[number]

export interface DeadLetterRow {
  readonly id: number
  readonly pipeline: string
  readonly lane: string
  /** '' where it is not known. */
  readonly stream: string
  readonly number: string
  readonly recordId: string
  readonly step: string
  readonly code: string
  readonly reason: string
  readonly attempts: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly timeMs: number
  readonly state: DeadLetterState
  readonly edited: boolean
  readonly deadAtMs: number
}

export interface DeadLetterStore {
  /** Newest first, those with an id below `before` only. */
  list(query: {
    readonly pipeline?: string | undefined
    readonly state?: DeadLetterState | undefined
    readonly before?: number | undefined
    readonly limit: number
  }): Promise<readonly DeadLetterRow[]>
  one(id: number): Promise<DeadLetterRow | null>
  /** Letters that wait (state `dead`), by pipeline. */
  counts(): Promise<ReadonlyMap<string, number>>
  /** Replaces the value of a waiting letter and hands it back at once, both or neither. False where it does not wait. */
  redriveEdited(id: number, value: Uint8Array | null): Promise<boolean>
  /** Hands letters that wait back to their pipeline; resolves to how many. */
  redrive(pipeline: string, ids: readonly number[] | 'all'): Promise<number>
  /** Deletes letters for good; resolves to how many. */
  purge(pipeline: string, ids: readonly number[] | 'all'): Promise<number>
  /** What is to be redriven now, oldest first. */
  toRedrive(pipeline: string, limit: number): Promise<readonly DeadLetterRow[]>
}

const isState = (value: unknown): value is DeadLetterState =>
  deadLetterStates.some((state) => state === value)

const bytesOf = (value: unknown): Buffer | null => (Buffer.isBuffer(value) ? value : null)

const headersOf = (value: unknown): readonly Header[] =>
  Array.isArray(value)
    ? value.flatMap((entry: unknown) => {
        if (typeof entry !== 'object' || entry === null || !('key' in entry) || !('value' in entry)) return []
        const encoded = entry.value
        return [
          {
            key: String(entry.key),
            value: typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : null,
          },
        ]
      })
    : []

const timeOf = (value: unknown): number => (value instanceof Date ? value.getTime() : 0)

const letterOf = (row: Record<string, unknown>): DeadLetterRow => ({
  id: Number(row['id']),
  pipeline: String(row['pipeline']),
  lane: String(row['lane']),
  stream: String(row['stream']),
  number: String(row['number']),
  recordId: String(row['record_id']),
  step: String(row['step']),
  code: String(row['code']),
  reason: String(row['reason']),
  attempts: Number(row['attempts']),
  key: bytesOf(row['key']),
  value: bytesOf(row['value']),
  headers: headersOf(row['headers']),
  timeMs: timeOf(row['time']),
  state: isState(row['state']) ? row['state'] : 'dead',
  edited: row['edited'] === true,
  deadAtMs: timeOf(row['dead_at']),
})

const notify = (session: SqlSession, database: Database): Promise<unknown> =>
  session.query('select pg_notify($1, $2)', [changesChannel(database), 'redrive'])

export const deadLetterStoreIn = (database: Database): DeadLetterStore => {
  const table = `${database.schema}.dead_letters`
  return {
    list: async (query) => {
      const result = await database.query(
        `select * from ${table}
         where ($1::text is null or pipeline = $1) and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
         order by id desc limit $4`,
        [query.pipeline ?? null, query.state ?? null, query.before ?? null, query.limit],
      )
      return result.rows.map(letterOf)
    },
    one: async (id) => {
      const result = await database.query(`select * from ${table} where id = $1`, [id])
      const row = result.rows[0]
      return row === undefined ? null : letterOf(row)
    },
    counts: async () => {
      const result = await database.query(
        `select pipeline, count(*) as waiting from ${table} where state = 'dead' group by pipeline`,
        [],
      )
      return new Map(result.rows.map((row) => [String(row['pipeline']), Number(row['waiting'])]))
    },
    redriveEdited: (id, value) =>
      database.transaction(async (session) => {
        const result = await session.query(
          `update ${table} set value = $2, edited = true, state = 'redriving', changed_at = now()
           where id = $1 and state = 'dead'`,
          [id, value],
        )
        await notify(session, database)
        return result.rowCount === 1
      }),
    redrive: (pipeline, ids) =>
      database.transaction(async (session) => {
        const result = await session.query(
          `update ${table} set state = 'redriving', changed_at = now()
           where pipeline = $1 and state = 'dead' and ($2::bigint[] is null or id = any($2))`,
          [pipeline, ids === 'all' ? null : ids],
        )
        await notify(session, database)
        return result.rowCount
      }),
    purge: async (pipeline, ids) => {
      const result = await database.query(
        `delete from ${table} where pipeline = $1 and state <> 'redriving' and ($2::bigint[] is null or id = any($2))`,
        [pipeline, ids === 'all' ? null : ids],
      )
      return result.rowCount
    },
    toRedrive: async (pipeline, limit) => {
      const result = await database.query(
        `select * from ${table} where pipeline = $1 and state = 'redriving' order by id limit $2`,
        [pipeline, limit],
      )
      return result.rows.map(letterOf)
    },
  }
}
