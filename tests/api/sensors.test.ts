import { expect, test } from 'vitest'
import { startTestApi, testKey } from '../../packages/sluice/src/api/rig.suite.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { sensorsAnswers } from '../../packages/sluice/src/systems/sensors/answers.ts'
import { ensureSensorTables } from '../../packages/sluice/src/systems/sensors/tables.ts'
import { describeDatabases } from '../store/databases.ts'

const headers = { authorization: `Bearer ${testKey}` }

interface Readings {
  readonly data: { id: number; sensor_id: string; temperature: number | null; timestamp: string }[]
  readonly count: number
}

describeDatabases('system D', (at) => {
  const open = () => startTestApi({ sensors: sensorsAnswers(at().database, systemClock) })

  test('answers are empty before there is a table', async () => {
    await using api = await open()
    for (const url of ['/data/latest', '/data/stats', '/data/by-sensor/s-1', '/api/host-metrics/latest']) {
      const answer = await api.server.inject({ url, headers })
      expect([url, answer.statusCode, answer.json<Readings>().count]).toEqual([url, 200, 0])
    }
  })

  test('answers equal SQL over the table', async () => {
    const { database } = at()
    await ensureSensorTables(database)
    await ensureSensorTables(database)
    // Two days of readings of 7 sensors, every fifth without a temperature, the newest now.
    await database.query(
      `insert into sensor_data (sensor_id, temperature, humidity, pressure, location, timestamp)
       select 's-' || (n % 7), case when n % 5 = 0 then null else 20 + n % 11 end, 40 + n % 13, null, 'hall',
         now() - n * interval '1 minute'
       from generate_series(0, 2879) as n`,
      [],
    )
    await using api = await open()
    const latest = (await api.server.inject({ url: '/data/latest?limit=10', headers })).json<Readings>()
    const rows = await database.query('select id from sensor_data order by timestamp desc limit 10', [])
    expect(latest.data.map(({ id }) => id)).toEqual(rows.rows.map((row) => row['id']))
    expect(latest.data[0]?.temperature).toBeNull()
    const stats = (await api.server.inject({ url: '/data/stats', headers })).json<{
      data: object
      count: number
    }>()
    const sums = await database.query(
      `select count(*)::int as n, count(distinct sensor_id)::int as sensors, avg(temperature) as average,
         min(temperature) as minimum, max(temperature) as maximum
       from sensor_data where timestamp > now() - interval '24 hours'`,
      [],
    )
    const { n, sensors, average, minimum, maximum } = sums.rows[0] ?? {}
    expect(stats).toMatchObject({
      count: n,
      data: {
        total_records: n,
        unique_sensors: sensors,
        temperature: { average: expect.closeTo(Number(average), 9) as number, minimum, maximum },
        pressure: { average: null, minimum: null, maximum: null },
        period: 'last 24 hours',
      },
    })
    const one = (await api.server.inject({ url: '/data/by-sensor/s-3?limit=1000', headers })).json<Readings>()
    const ofOne = await database.query(
      `select count(*)::int as n from sensor_data where sensor_id = 's-3'`,
      [],
    )
    expect(one.count).toBe(ofOne.rows[0]?.['n'])
    expect(new Set(one.data.map(({ sensor_id: sensor }) => sensor))).toEqual(new Set(['s-3']))
  })

  test('sensors are listed page by page with their newest reading', async () => {
    await using api = await open()
    const page = async (after: string) =>
      (await api.server.inject({ url: `/api/sensors?limit=3${after}`, headers })).json<{
        data: { sensor_id: string; latest: { id: number } }[]
        next: string | null
      }>()
    const first = await page('')
    expect(first.next).toBe('s-2')
    const second = await page('&after=s-2')
    const third = await page('&after=s-5')
    expect(third.next).toBeNull()
    const listed = [first, second, third].flatMap(({ data }) => data)
    const { rows } = await at().database.query(
      'select distinct on (sensor_id) sensor_id, id from sensor_data order by sensor_id, timestamp desc',
      [],
    )
    expect(listed.map(({ sensor_id: sensor, latest }) => [sensor, latest.id])).toEqual(
      rows.map(({ sensor_id: sensor, id }) => [sensor, id]),
    )
  })

  test('a measure over time equals SQL by stretch, with null where nothing was measured', async () => {
    await using api = await open()
    const url = '/api/sensors/series?sensor_id=s-3&measure=temperature&step=1m'
    const answer = (await api.server.inject({ url, headers })).json<{
      points: [number, number | null][]
      from: string
      to: string
      truncated: boolean
    }>()
    const { rows } = await at().database.query(
      `select floor(extract(epoch from timestamp) / 60) * 60000 as at, avg(temperature) as value from sensor_data
       where sensor_id = 's-3' and timestamp >= $1 and timestamp < $2 group by 1 having avg(temperature) is not null order by 1`,
      [answer.from, answer.to],
    )
    expect(rows.length).toBeGreaterThan(3)
    expect(answer.points.length).toBeGreaterThanOrEqual(60)
    expect(answer.points.filter(([, value]) => value !== null)).toEqual(
      rows.map(({ at: when, value }) => [Number(when), value]),
    )
    expect(answer.truncated).toBe(false)
    const none = await api.server.inject({ url: '/api/host-metrics/series?host=h&measure=load_1m', headers })
    expect(none.statusCode).toBe(200)
    expect(none.json<typeof answer>().points.every(([, value]) => value === null)).toBe(true)
  })

  test('the newest of one sensor are found by an index', async () => {
    const { database } = at()
    await database.query('analyze sensor_data', [])
    const plan = await database.query(
      `explain select id from sensor_data where sensor_id = 's-3' order by timestamp desc, id desc limit 50`,
      [],
    )
    expect(JSON.stringify(plan.rows)).toContain('sensor_data_by_sensor')
  })
})
