/** Tables of system D, made at the start of a server so that their pipelines and their API find them. */
import type { SqlSession } from '../../flow/commit.ts'

/**
 * Statements that may be run again and again. The primary key serves ties of the same time; the two indexes serve
 * the three questions of the API: newest, by time, newest of one sensor.
 */
export const sensorTables: readonly string[] = [
  `create table if not exists sensor_data (
  id bigint generated always as identity primary key,
  sensor_id text not null,
  temperature double precision,
  humidity double precision,
  pressure double precision,
  location text,
  timestamp timestamptz not null,
  created_at timestamptz not null default now()
)`,
  'create index if not exists sensor_data_by_time on sensor_data (timestamp desc, id desc)',
  'create index if not exists sensor_data_by_sensor on sensor_data (sensor_id, timestamp desc, id desc)',
]

/** Makes what is missing. */
export const ensureSensorTables = async (sql: Pick<SqlSession, 'query'>): Promise<void> => {
  for (const statement of sensorTables) await sql.query(statement, [])
}
