/** The sink's table: made when it is missing, widened when a column is new, never narrowed or changed otherwise. */
import type { SqlSession } from '../../flow/commit.ts'
import { parseFieldPath } from '../../flow/field-path.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { Column, ColumnType } from './columns.ts'

/** The options of the sink as its definition describes them. */
export interface PostgresOptions {
  readonly table: string
  readonly columns: Readonly<
    Record<string, ColumnType | { readonly type: ColumnType; readonly from: string }>
  >
  readonly key?: string | readonly string[]
  readonly on_conflict?: 'update' | 'ignore'
  readonly identity?: string
  readonly inserted_at?: string
  readonly indexes?: readonly (readonly string[])[]
  readonly url?: string
  readonly connections?: number
}

export interface TableShape {
  /** Quoted for SQL. */
  readonly table: string
  readonly columns: readonly Column[]
  /** Names of the key's columns; empty where there is no key. */
  readonly key: readonly string[]
  readonly onConflict: 'update' | 'ignore'
}

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

const quoteTable = (table: string): string => table.split('.').map(quote).join('.')

/** @throws fault OPTION_INVALID */
export const shapeOf = (options: PostgresOptions): TableShape => {
  const wrong = (option: string, problem: string) =>
    fault('OPTION_INVALID', { connector: 'postgres', option, problem })
  const columns = Object.entries(options.columns).map(([name, column]): Column => {
    const type = typeof column === 'string' ? column : column.type
    const from = typeof column === 'string' ? `event.${name}` : column.from
    const path = parseFieldPath(from)
    if (path === undefined)
      throw wrong(`columns.${name}.from`, `${from} is no path like event.${name} or meta.key`)
    return { name, type, ...path }
  })
  const key = typeof options.key === 'string' ? [options.key] : (options.key ?? [])
  for (const name of key) {
    if (!columns.some((column) => column.name === name)) {
      throw wrong('key', `${name} is none of the columns ${columns.map((column) => column.name).join(', ')}`)
    }
  }
  return { table: quoteTable(options.table), columns, key, onConflict: options.on_conflict ?? 'update' }
}

const indexColumn = (text: string): string => {
  const [name = '', direction] = text.trim().split(/\s+/)
  return quote(name) + (direction?.toLowerCase() === 'desc' ? ' desc' : '')
}

// Workers that open the same table at once take turns: `create table if not exists` alone can still collide.
const tableLock = 7_305_802

/** Brings the table to the shape; runs in a transaction of its own. */
export const prepareTable = async (
  session: SqlSession,
  shape: TableShape,
  options: PostgresOptions,
): Promise<void> => {
  await session.query('select pg_advisory_xact_lock($1, hashtext($2))', [tableLock, options.table])
  const found = await session.query('select to_regclass($1)::text as name', [shape.table])
  const exists = typeof found.rows[0]?.['name'] === 'string'
  if (!exists) {
    await createTable(session, shape, options)
    return
  }
  const present = await session.query(
    'select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped',
    [shape.table],
  )
  const names = new Set(present.rows.map((row) => row['name']))
  for (const column of shape.columns.filter((wanted) => !names.has(wanted.name))) {
    await session.query(`alter table ${shape.table} add column ${quote(column.name)} ${column.type}`, [])
  }
  if (shape.key.length > 0) await ensureKey(session, shape)
}

const createTable = async (
  session: SqlSession,
  shape: TableShape,
  options: PostgresOptions,
): Promise<void> => {
  const parts: string[] = []
  if (options.identity !== undefined)
    parts.push(`${quote(options.identity)} bigint generated always as identity`)
  parts.push(...shape.columns.map((column) => `${quote(column.name)} ${column.type}`))
  if (options.inserted_at !== undefined) {
    parts.push(`${quote(options.inserted_at)} timestamptz not null default now()`)
  }
  if (shape.key.length > 0) parts.push(`primary key (${shape.key.map(quote).join(', ')})`)
  else if (options.identity !== undefined) parts.push(`primary key (${quote(options.identity)})`)
  await session.query(`create table ${shape.table} (${parts.join(', ')})`, [])
  for (const columns of options.indexes ?? []) {
    await session.query(`create index on ${shape.table} (${columns.map(indexColumn).join(', ')})`, [])
  }
}

/** An upsert needs a unique index over exactly the key. */
const ensureKey = async (session: SqlSession, shape: TableShape): Promise<void> => {
  const found = await session.query(
    `select 1 from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null
       and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
            where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) = (select array_agg(k order by k) from unnest($2::text[]) k)`,
    [shape.table, shape.key],
  )
  if (found.rowCount === 0) {
    await session.query(`create unique index on ${shape.table} (${shape.key.map(quote).join(', ')})`, [])
  }
}
