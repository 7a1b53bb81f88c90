import { expect, test } from 'vitest'
import type { Database } from '../../packages/sluice/src/store/database.ts'
import { ensureRollup, rollupStats, tidyRollup } from '../../packages/sluice/src/systems/sensors/rollup.ts'
import { ensureSensorTables } from '../../packages/sluice/src/systems/sensors/tables.ts'
import { describeDatabases } from './databases.ts'

const measures = ['temperature', 'humidity', 'pressure'] as const
const dayMs = 86_400_000
// Neither end is a full minute.
const toMs = Date.UTC(2026, 2, 29, 12, 34, 56, 789)
const fromMs = toMs - dayMs

const plainSql = `
select count(*) as total_records, count(distinct sensor_id) as unique_sensors,
  ${measures.map((one) => `avg(${one}) as ${one}_average, min(${one}) as ${one}_minimum, max(${one}) as ${one}_maximum`).join(', ')}
from sensor_data where timestamp > $1 and timestamp <= $2`

/** The rollup says what the rows say. */
const expectSame = async (database: Database): Promise<Record<string, unknown>> => {
  const plain = (await database.query(plainSql, [new Date(fromMs), new Date(toMs)])).rows[0] ?? {}
  const kept = await rollupStats(database, fromMs, toMs)
  expect(kept).not.toBeNull()
  for (const [column, value] of Object.entries(plain)) {
    // Sums of floats differ in their last digits by the order of summing, with the plain statement too.
    const wanted = column.endsWith('_average') && value !== null ? expect.closeTo(Number(value), 8) : value
    expect([column, kept?.[column]]).toEqual([column, wanted])
  }
  return plain
}

const insertSql = `
insert into sensor_data (sensor_id, temperature, humidity, pressure, location, timestamp)
select 's-' || (n % $1), case when n % 5 = 0 then null else 20 + (n % 113) / 7.0 end, 40 + n % 13, null, 'hall',
  $2::timestamptz - n * $3 * interval '1 millisecond'
from generate_series($4::int, $5::int) as n`

const insert = (
  database: Pick<Database, 'query'>,
  sensors: number,
  apartMs: number,
  first: number,
  last: number,
) => database.query(insertSql, [sensors, new Date(toMs), apartMs, first, last])

const deltas = async (database: Database): Promise<number> => {
  const { rows } = await database.query('select count(*) as n from sluice.sensor_minute_deltas', [])
  return Number(rows[0]?.['n'])
}

describeDatabases('the rollup of sensor_data', (at) => {
  test('waits for the table, and counts what is in it by then', async () => {
    const { database } = at()
    expect(await ensureRollup(database)).toBe(false)
    expect(await rollupStats(database, fromMs, toMs)).toBeNull()
    await ensureSensorTables(database)
    // Two days, the newest at the end exactly, one at the begin exactly, which is not part of the day.
    await insert(database, 7, 17_171, 0, 10_000)
    await database.query(`insert into sensor_data (sensor_id, timestamp) values ('edge', $1)`, [
      new Date(fromMs),
    ])
    expect(await rollupStats(database, fromMs, toMs)).toBeNull()
    expect(await ensureRollup(database)).toBe(true)
    expect(await ensureRollup(database)).toBe(false)
    const { total_records: total, unique_sensors: sensors } = await expectSame(database)
    expect([total, sensors]).toEqual([5_032, 7])
  })

  test('follows inserts, late ones too, before and after they are tidied', async () => {
    const { database } = at()
    await insert(database, 9, 61_003, 0, 400)
    await insert(database, 11, 120_007, 0, 2_000)
    expect(await deltas(database)).toBeGreaterThan(0)
    await expectSame(database)
    await tidyRollup(database)
    expect(await deltas(database)).toBe(0)
    await expectSame(database)
    await insert(database, 3, 61_003, 100, 200)
    await expectSame(database)
  })

  test('takes nothing from a transaction that is rolled back', async () => {
    const { database } = at()
    const undone = database.transaction(async (session) => {
      await insert(session, 50, 1_003, 0, 1_000)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await expectSame(database)
  })

  test('follows deletes and updates by hand, of extremes and of whole minutes', async () => {
    const { database } = at()
    await database.query(
      `delete from sensor_data where temperature = (select max(temperature) from sensor_data)`,
      [],
    )
    await expectSame(database)
    await database.query(`update sensor_data set temperature = temperature - 100 where id % 97 = 0`, [])
    await expectSame(database)
    await database.query(
      `update sensor_data set timestamp = timestamp + interval '7 hours', sensor_id = 'moved' where id % 89 = 0`,
      [],
    )
    await expectSame(database)
    await database.query('delete from sensor_data where timestamp between $1 and $2', [
      new Date(toMs - 3 * 3_600_000),
      new Date(toMs - 2 * 3_600_000),
    ])
    await tidyRollup(database)
    await expectSame(database)
    await database.query(`delete from sensor_data where sensor_id = 's-1'`, [])
    const { total_records: total } = await expectSame(database)
    expect(total).toBeGreaterThan(0)
  })

  test('writers do not wait for each other, and deletes beside them lose nothing', async () => {
    const { database } = at()
    await database.transaction(async (first) => {
      await insert(first, 5, 1_003, 0, 500)
      // The same minutes, committed while the other is still open.
      await insert(database, 5, 1_009, 0, 500)
      await database.query('delete from sensor_data where id % 53 = 0', [])
    })
    await expectSame(database)
    const work = Array.from({ length: 12 }, async (_, n) => {
      await insert(database, 4 + n, 5_003 + n, 0, 300)
      if (n % 3 === 0) await database.query(`delete from sensor_data where id % $1 = 0`, [31 + n])
      if (n % 4 === 0) await tidyRollup(database)
    })
    await Promise.all(work)
    const { total_records: total } = await expectSame(database)
    expect(total).toBeGreaterThan(0)
  })

  test('an upsert counts what it changed', async () => {
    const { database } = at()
    await database.query('create unique index one_a_time on sensor_data (id)', [])
    await database.query(
      `insert into sensor_data (id, sensor_id, temperature, timestamp) overriding system value
       select id, sensor_id, 33.25, timestamp from sensor_data where id % 41 = 0
       on conflict (id) do update set temperature = excluded.temperature`,
      [],
    )
    const { total_records: total } = await expectSame(database)
    expect(total).toBeGreaterThan(0)
  })

  test('is not believed while somebody writes past it, and is made anew', async () => {
    const { database } = at()
    await database.query('alter table sensor_data disable trigger sluice_sensor_rollup_insert', [])
    await insert(database, 5, 1_003, 0, 500)
    expect(await rollupStats(database, fromMs, toMs)).toBeNull()
    expect(await ensureRollup(database)).toBe(true)
    await expectSame(database)
  })

  test('follows a table that is emptied, or made anew', async () => {
    const { database } = at()
    await database.query('truncate sensor_data', [])
    expect(await expectSame(database)).toMatchObject({ total_records: 0, unique_sensors: 0 })
    await insert(database, 5, 1_003, 0, 500)
    await expectSame(database)
    await database.query('drop table sensor_data', [])
    expect(await rollupStats(database, fromMs, toMs)).toBeNull()
    await ensureSensorTables(database)
    expect(await rollupStats(database, fromMs, toMs)).toBeNull()
    expect(await ensureRollup(database)).toBe(true)
    await insert(database, 6, 1_003, 0, 500)
    expect(await expectSame(database)).toMatchObject({ unique_sensors: 6 })
  })
})
