/** Keeps the rollup of `sensor_data`: makes it when the table is there, tidies it, and answers statistics from it. */
import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/faults/index.ts'
import type { Logger } from '../../kernel/logger.ts'
import type { Database } from '../../store/database.ts'
import {
  createRollup,
  dropRollup,
  lockCall,
  measures,
  moveDeltas,
  rollupColumns,
  rollupVersion,
  statisticsOf,
  sums,
  triggerNames,
} from './rollup-schema.ts'

export type RollupDatabase = Pick<Database, 'query' | 'transaction' | 'schema'>

const table = 'sensor_data'
const minuteMs = 60_000

const triggerList = (schema: string): string =>
  triggerNames(schema)
    .map((name) => `'${name}'`)
    .join(', ')

/** Whether the rollup belongs to the table of now, and every write goes through it. */
const isKeptSql = (schema: string): string => `(
  exists (select from ${schema}.sensor_rollup where table_oid = to_regclass('${table}') and version = ${rollupVersion})
  and (select count(*) from pg_trigger where tgrelid = to_regclass('${table}') and tgenabled in ('O', 'A')
    and tgname in (${triggerList(schema)})) = 4)`

const columnsNeeded = ['sensor_id', 'timestamp', ...measures]

/** Qualified and quoted; null where there is no such table or it lacks what statistics are made of. */
const tableSql = `
select quote_ident(nspname) || '.' || quote_ident(relname) as name
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where pg_class.oid = to_regclass('${table}') and relkind = 'r'
  and (select count(*) from pg_attribute where attrelid = pg_class.oid and not attisdropped
    and attname = any($1)
    and (attname <> 'timestamp' or atttypid = 'timestamptz'::regtype)
    and (attname <> 'sensor_id' or atttypid = 'text'::regtype)) = $2`

/**
 * Makes the rollup where it is missing or no longer fits; counts what is in the table, which nobody can write
 * meanwhile. Resolves to whether it made one.
 */
export const ensureRollup = (database: RollupDatabase): Promise<boolean> => {
  const { schema } = database
  return database.transaction(async (session) => {
    const found = await session.query(tableSql, [columnsNeeded, columnsNeeded.length])
    const name = found.rows[0]?.['name']
    if (typeof name !== 'string') return false
    const there = await session.query('select to_regclass($1) is not null as there', [
      `${schema}.sensor_rollup`,
    ])
    if (there.rows[0]?.['there'] === true) {
      const kept = await session.query(`select ${isKeptSql(schema)} as kept`, [])
      if (kept.rows[0]?.['kept'] === true) return false
    }
    await session.query(`select pg_advisory_xact_lock${lockCall(schema)}`, [])
    await session.query(`lock table ${name} in share row exclusive mode`, [])
    await session.query(dropRollup(schema), [])
    await session.query(createRollup(schema, name), [])
    return true
  })
}

/** Moves what inserts have left behind; does nothing while somebody else does. */
export const tidyRollup = (database: RollupDatabase): Promise<void> =>
  database.transaction(async (session) => {
    const { schema } = database
    const there = await session.query(
      `select to_regclass($1) is not null and pg_try_advisory_xact_lock${lockCall(schema)} as mine`,
      [`${schema}.sensor_minute_deltas`],
    )
    if (there.rows[0]?.['mine'] === true) await session.query(moveDeltas(schema), [])
  })

/** The same columns as the plain statement over the rows, and `kept`: whether they may be believed. */
const statsSql = (schema: string): string => `
with parts as (
  select ${rollupColumns} from ${schema}.sensor_minutes where minute >= $3 and minute < $4
  union all
  select ${rollupColumns} from ${schema}.sensor_minute_deltas where minute >= $3 and minute < $4
  union all
  ${statisticsOf(table, 'timestamp > $1 and timestamp < $3')}
  union all
  ${statisticsOf(table, 'timestamp >= $4 and timestamp <= $2')}
), summed as (select ${sums} from parts)
select ${isKeptSql(schema)} as kept, readings as total_records,
  (select count(*) from ${schema}.sensor_names known where exists (
    select from ${table} where sensor_id = known.sensor_id and timestamp > $1 and timestamp <= $2)) as unique_sensors,
  ${measures
    .map((one) => `${one}_sum / nullif(${one}_count, 0) as ${one}_average, ${one}_minimum, ${one}_maximum`)
    .join(',\n  ')}
from summed`

const isMissing = (error: unknown): boolean =>
  // Undefined table or schema: there is no rollup (yet).
  error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000')

/**
 * Statistics of readings after `fromMs` and up to `toMs`, at least two minutes apart, from full minutes of the rollup and the
 * rows at both ends; null where there is no rollup that can be believed.
 */
export const rollupStats = async (
  database: Pick<RollupDatabase, 'query' | 'schema'>,
  fromMs: number,
  toMs: number,
): Promise<Readonly<Record<string, unknown>> | null> => {
  // A reading at `fromMs` exactly is left out: its minute is no full one.
  const firstFullMs = (Math.floor(fromMs / minuteMs) + 1) * minuteMs
  const endOfFullMs = Math.floor(toMs / minuteMs) * minuteMs
  const times = [fromMs, toMs, firstFullMs, endOfFullMs].map((ms) => new Date(ms))
  try {
    const { rows } = await database.query(statsSql(database.schema), times)
    const row = rows[0]
    return row?.['kept'] === true ? row : null
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const lookEveryMs = 5_000
const tidyEveryMs = 30_000

/** Keeps the rollup until the signal aborts; while there is none, statistics are read from the rows. */
export const keepRollup = async (
  database: RollupDatabase,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> => {
  let tidiedAtMs = clock.now()
  while (!signal.aborted) {
    try {
      if (await ensureRollup(database)) logger.info('keeps statistics of sensor_data by minute')
      if (clock.now() - tidiedAtMs >= tidyEveryMs) {
        tidiedAtMs = clock.now()
        await tidyRollup(database)
      }
    } catch (error) {
      logger.debug('the rollup of sensor_data waits', { problem: messageOf(error) })
    }
    await clock.sleep(lookEveryMs, signal)
  }
}
