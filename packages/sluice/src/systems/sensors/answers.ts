/** Answers of system D: readings and their statistics by event time; and metrics of machines. */
import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import { hostMeasures, sensorMeasures, type sensorsResource } from '../../contract/sensors.ts'
import type { SqlSession } from '../../flow/commit.ts'
import type { Clock } from '../../kernel/clock.ts'
import { readMeasured } from './measured.ts'
import { rollupStats } from './rollup.ts'
import { measures } from './rollup-schema.ts'

type Endpoints = (typeof sensorsResource)['endpoints']
type Reading = AnswerOf<Endpoints['latest']>['data'][number]
type Statistics = AnswerOf<Endpoints['stats']>['data']

type Row = Readonly<Record<string, unknown>>

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const undefinedTable = '42P01'

const isMissingTable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === undefinedTable

/** Rows, or none while the pipeline that makes the table has not run yet. */
const rowsOf = async (
  sql: Pick<SqlSession, 'query'>,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> => {
  try {
    return (await sql.query(text, values)).rows
  } catch (error) {
    if (isMissingTable(error)) return []
    throw error
  }
}

const numberOrNull = (value: unknown): number | null => {
  if (value === null || value === undefined) return null
  const number = Number(value)
  // NaN and infinities are values of PostgreSQL's floats and not of JSON.
  return Number.isFinite(number) ? number : null
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const isoOrNull = (value: unknown): string | null => (value instanceof Date ? value.toISOString() : null)

const readingOf = (row: Row): Reading => ({
  id: Number(row['id']),
  sensor_id: String(row['sensor_id']),
  temperature: numberOrNull(row['temperature']),
  humidity: numberOrNull(row['humidity']),
  pressure: numberOrNull(row['pressure']),
  location: textOrNull(row['location']),
  timestamp: isoOrNull(row['timestamp']) ?? new Date(0).toISOString(),
  created_at: isoOrNull(row['created_at']),
})

const columns = 'id, sensor_id, temperature, humidity, pressure, location, timestamp, created_at'

const latestSql = `select ${columns} from sensor_data order by timestamp desc, id desc limit $1`

const bySensorSql = `select ${columns} from sensor_data where sensor_id = $1 order by timestamp desc, id desc limit $2`

// One look into the index for each sensor, however many rows it has.
const listSql = `
with recursive names as (
  (select sensor_id from sensor_data where $1::text is null or sensor_id > $1 order by sensor_id limit 1)
  union all
  select (select sensor_id from sensor_data where sensor_id > names.sensor_id order by sensor_id limit 1)
  from names where names.sensor_id is not null
)
select latest.* from names cross join lateral (
  select ${columns} from sensor_data where sensor_id = names.sensor_id order by timestamp desc, id desc limit 1
) latest limit $2`

const statsSql = `
select count(*) as total_records, count(distinct sensor_id) as unique_sensors,
  ${measures.map((one) => `avg(${one}) as ${one}_average, min(${one}) as ${one}_minimum, max(${one}) as ${one}_maximum`).join(',\n  ')}
from sensor_data where timestamp > $1 and timestamp <= $2`

const hostMetricsSql = 'select * from host_metrics order by timestamp desc limit $1'

const dayMs = 24 * 60 * 60 * 1000

const statisticsOf = (row: Row, measure: (typeof measures)[number]): Statistics['temperature'] => ({
  average: numberOrNull(row[`${measure}_average`]),
  minimum: numberOrNull(row[`${measure}_minimum`]),
  maximum: numberOrNull(row[`${measure}_maximum`]),
})

const plainRow = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, isoOrNull(value) ?? value]))

/** Statistics from the rollup where one is kept, else from the rows. */
const readStats = async (sql: SensorsDatabase, fromMs: number, toMs: number): Promise<Row> => {
  const rolledUp =
    sql.schema === undefined ? null : await rollupStats({ ...sql, schema: sql.schema }, fromMs, toMs)
  if (rolledUp !== null) return rolledUp
  return (await rowsOf(sql, statsSql, [new Date(fromMs), new Date(toMs)]))[0] ?? {}
}

/** The database that the sensors' pipelines write to. */
export interface SensorsDatabase extends Pick<SqlSession, 'query'> {
  /** Where the rollup is kept; without it, every question is answered from the rows. */
  readonly schema?: string
}

export const sensorsAnswers = (sql: SensorsDatabase, clock: Clock): Answers<typeof sensorsResource> => {
  const list = <Data>(data: Data[]): { data: Data[]; count: number; timestamp: string } => ({
    data,
    count: data.length,
    timestamp: new Date(clock.now()).toISOString(),
  })
  return {
    latest: async ({ query }) => list((await rowsOf(sql, latestSql, [query.limit])).map(readingOf)),
    by_sensor: async ({ params, query }) =>
      list((await rowsOf(sql, bySensorSql, [params.sensor_id, query.limit])).map(readingOf)),
    stats: async () => {
      const nowMs = clock.now()
      const row = await readStats(sql, nowMs - dayMs, nowMs)
      const total = Number(row['total_records'] ?? 0)
      return {
        data: {
          total_records: total,
          unique_sensors: Number(row['unique_sensors'] ?? 0),
          temperature: statisticsOf(row, 'temperature'),
          humidity: statisticsOf(row, 'humidity'),
          pressure: statisticsOf(row, 'pressure'),
          period: 'last 24 hours',
        },
        count: total,
        timestamp: new Date(nowMs).toISOString(),
      }
    },
    list: async ({ query }) => {
      const rows = await rowsOf(sql, listSql, [query.after ?? null, query.limit])
      const data = rows.map(readingOf).map((latest) => ({ sensor_id: latest.sensor_id, latest }))
      const next = data.length === query.limit ? (data.at(-1)?.sensor_id ?? null) : null
      return { ...list(data), next }
    },
    series: async ({ query: { sensor_id: key, measure, ...range } }) => ({
      sensor_id: key,
      measure,
      unit: sensorMeasures[measure],
      ...(await readMeasured(
        (text, values) => rowsOf(sql, text, values),
        { table: 'sensor_data', keyColumn: 'sensor_id', key, measure, range },
        clock.now(),
      )),
    }),
    host_series: async ({ query: { host: key, measure, ...range } }) => ({
      host: key,
      measure,
      unit: hostMeasures[measure],
      ...(await readMeasured(
        (text, values) => rowsOf(sql, text, values),
        { table: 'host_metrics', keyColumn: 'host', key, measure, range },
        clock.now(),
      )),
    }),
    host_metrics: async ({ query }) => list((await rowsOf(sql, hostMetricsSql, [query.limit])).map(plainRow)),
  }
}
