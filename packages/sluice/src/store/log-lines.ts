/**
 * The log of all processes, on whatever machine: lines are added in batches, read newest first, and removed by age and
 * size. Why here and not in files: `docs/adr/0007-the-log-is-searched-in-the-store.md`.
 */
import { type LogFields, type LogLevel, logLevels } from '../kernel/logger.ts'
import type { Database } from './database.ts'
import { storableJson, storableText } from './storable.ts'

export interface LogLineRow {
  readonly id: number
  readonly atMs: number
  readonly level: LogLevel
  readonly component: string
  /** The process that told it, as people call it. */
  readonly process: string
  readonly host: string
  readonly message: string
  readonly fields: LogFields
}

export interface LogLineQuery {
  /** This and graver ones. */
  readonly level: LogLevel | null
  /** A trailing `*` stands for any end. */
  readonly component: string | null
  readonly process: string | null
  /** In message or fields, in any case of letters. */
  readonly text: string | null
  readonly fromMs: number | null
  /** Excluded. */
  readonly toMs: number | null
  readonly limit: number
  readonly offset: number
}

export interface LogRetention {
  readonly keepMs: number
  readonly keepBytes: number
}

export interface LogLineStore {
  /** Adds lines in one statement. */
  add(lines: readonly Omit<LogLineRow, 'id'>[]): Promise<void>
  /** Newest first; looks at no more than `scannedMax` lines between the two times. */
  read(query: LogLineQuery): Promise<readonly LogLineRow[]>
  /** The last `limit` lines by id, newest first. */
  last(limit: number): Promise<readonly LogLineRow[]>
  /** Components of the last few thousand lines, sorted. */
  components(): Promise<readonly string[]>
  /** Removes what is too old, and the oldest beyond the size. @returns lines removed */
  prune(retention: LogRetention): Promise<number>
}

export const scannedMax = 200_000
const componentsFromLines = 5_000
const componentsMax = 500

const isField = (value: unknown): value is LogFields[string] =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

const fieldsOf = (value: unknown): LogFields =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name, isField(field) ? field : JSON.stringify(field)]),
      )
    : {}

const rowOf = (row: Record<string, unknown>): LogLineRow => {
  const at = row['at']
  return {
    id: Number(row['id']),
    atMs: at instanceof Date ? at.getTime() : 0,
    level: logLevels[Number(row['level'])] ?? 'info',
    component: String(row['component']),
    process: String(row['process']),
    host: String(row['host']),
    message: String(row['message']),
    fields: fieldsOf(row['fields']),
  }
}

const likeText = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)

const componentPattern = (component: string): string =>
  component.endsWith('*') ? `${likeText(component.slice(0, -1))}%` : likeText(component)

const timeOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

const prune = async (database: Database, { keepMs, keepBytes }: LogRetention): Promise<number> => {
  const { schema } = database
  const old = await database.query(
    `delete from ${schema}.log_lines where at < now() - $1 * interval '1 millisecond'`,
    [keepMs],
  )
  // The newest line that does not fit any more, and all before it.
  const large = await database.query(
    `delete from ${schema}.log_lines where id <= (
       select id from (select id, sum(size_bytes) over (order by id desc) as total from ${schema}.log_lines) as sums
       where total > $1 order by id desc limit 1)`,
    [keepBytes],
  )
  return old.rowCount + large.rowCount
}

export const logLineStoreIn = (database: Database): LogLineStore => {
  const { schema } = database
  return {
    add: async (lines) => {
      if (lines.length === 0) return
      const rows = lines.map((line) => {
        const fields = storableJson(line.fields)
        const message = storableText(line.message)
        return {
          at: new Date(line.atMs).toISOString(),
          level: logLevels.indexOf(line.level),
          component: storableText(line.component),
          process: storableText(line.process),
          host: storableText(line.host),
          message,
          fields,
          size_bytes: message.length + fields.length + line.component.length + 80,
        }
      })
      await database.query(
        `insert into ${schema}.log_lines (at, level, component, process, host, message, fields, size_bytes)
         select at, level, component, process, host, message, fields::jsonb, size_bytes
         from jsonb_to_recordset($1::jsonb) as line(at timestamptz, level smallint, component text, process text,
           host text, message text, fields text, size_bytes integer)`,
        [JSON.stringify(rows)],
      )
    },
    read: async (query) => {
      const result = await database.query(
        `select * from (
           select * from ${schema}.log_lines
           where ($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at < $2)
           order by at desc, id desc limit ${scannedMax}) as seen
         where level >= $3 and ($4::text is null or component like $4) and ($5::text is null or process = $5)
           and ($6::text is null or strpos(lower(message || ' ' || fields::text), lower($6)) > 0)
         order by at desc, id desc limit $7 offset $8`,
        [
          timeOf(query.fromMs),
          timeOf(query.toMs),
          query.level === null ? 0 : logLevels.indexOf(query.level),
          query.component === null ? null : componentPattern(storableText(query.component)),
          query.process === null ? null : storableText(query.process),
          query.text === null ? null : storableText(query.text),
          query.limit,
          query.offset,
        ],
      )
      return result.rows.map(rowOf)
    },
    last: async (limit) => {
      const result = await database.query(`select * from ${schema}.log_lines order by id desc limit $1`, [
        limit,
      ])
      return result.rows.map(rowOf)
    },
    components: async () => {
      const result = await database.query(
        `select distinct component from (
           select component from ${schema}.log_lines order by id desc limit ${componentsFromLines}) as lately
         order by component limit ${componentsMax}`,
        [],
      )
      return result.rows.map((row) => String(row['component']))
    },
    prune: (retention) => prune(database, retention),
  }
}
