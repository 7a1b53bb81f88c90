/** The processes that run now, each with the status it last told: what pages and commands show of running work. */
import type { Database } from './database.ts'
import { storableJson } from './storable.ts'

export interface ProcessRow {
  readonly id: string
  readonly kind: string
  readonly host: string
  readonly pid: number
  readonly startedAtMs: number
  /** Milliseconds since it last told its status, by the database's clock. */
  readonly silentMs: number
  readonly status: unknown
}

export interface ProcessStore {
  tell(process: { id: string; kind: string; host: string; pid: number; status: unknown }): Promise<void>
  forget(id: string): Promise<void>
  /** Those heard of within `withinMs`. */
  list(withinMs: number): Promise<readonly ProcessRow[]>
}

const timeOf = (value: unknown): number => (value instanceof Date ? value.getTime() : 0)

export const processStoreIn = (database: Database): ProcessStore => ({
  tell: async ({ id, kind, host, pid, status }) => {
    await database.query(
      `insert into ${database.schema}.processes (id, kind, host, pid, status) values ($1, $2, $3, $4, $5)
       on conflict (id) do update set seen_at = now(), status = excluded.status`,
      [id, kind, host, pid, storableJson(status)],
    )
    await database.query(
      `delete from ${database.schema}.processes where seen_at < now() - interval '1 hour'`,
      [],
    )
  },
  forget: async (id) => {
    await database.query(`delete from ${database.schema}.processes where id = $1`, [id])
  },
  list: async (withinMs) => {
    const result = await database.query(
      `select *, extract(epoch from now() - seen_at) * 1000 as silent_ms from ${database.schema}.processes
       where seen_at > now() - $1 * interval '1 millisecond' order by started_at, id`,
      [withinMs],
    )
    return result.rows.map((row) => ({
      id: String(row['id']),
      kind: String(row['kind']),
      host: String(row['host']),
      pid: Number(row['pid']),
      startedAtMs: timeOf(row['started_at']),
      silentMs: Number(row['silent_ms']),
      status: row['status'],
    }))
  },
})
