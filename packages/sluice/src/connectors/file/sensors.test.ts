/** The real sensor files, read in place: every row comes, with its values and its time. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fromStart, type ReadRecord, readSome, skippingClock, testContext } from '../test-context.ts'
import { fileSource } from './definition.ts'

const beside = fileURLToPath(new URL('../../../../../../shared/data/sensors/', import.meta.url))
const folder = process.env['SENSORS_DIR'] === undefined ? beside : `${process.env['SENSORS_DIR']}/`
// Data that nobody can fetch for us: where it is not, there is nothing to require.
const missing = !existsSync(folder)

const nowMs = Date.UTC(2026, 0, 1)

const read = async (options: Record<string, unknown>): Promise<ReadRecord[]> => {
  const context = testContext({ baseDirectory: folder, clock: skippingClock(nowMs) })
  await using session = await fileSource.open(options, context)
  return (await readSome(session, await fromStart(session))).records
}

const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(folder + name))
    .toString()
    .trimEnd()
    .split(/\r?\n/)

const fieldOf = (record: ReadRecord | undefined, name: string): unknown =>
  (JSON.parse(record?.text ?? '{}') as Record<string, unknown>)[name]

const sumOf = (records: ReadRecord[], name: string): number =>
  records.reduce((sum, record) => sum + Number(fieldOf(record, name)), 0)

describe.skipIf(missing)('the real sensor files', () => {
  test.each([
    { name: 'occupancy_datatest.csv.gz', rows: 2_665, occupied: 972, first: '2015-02-02T14:19:00.000Z' },
    { name: 'occupancy_datatest2.csv.gz', rows: 9_752, occupied: 2_049, first: '2015-02-11T14:48:00.000Z' },
    {
      name: 'occupancy_datatraining.csv.gz',
      rows: 8_143,
      occupied: 1_729,
      first: '2015-02-04T17:51:00.000Z',
    },
  ])(
    '$name: $rows readings, $occupied of them with somebody there',
    async ({ name, rows, occupied, first }) => {
      const records = await read({ path: name, first_column: 'row', timestamp: 'date' })
      expect(records).toHaveLength(rows)
      expect(sumOf(records, 'Occupancy')).toBe(occupied)
      expect(new Date(records[0]?.timeMs ?? 0).toISOString()).toBe(first)
      const co2 = linesOf(name)
        .slice(1)
        .reduce((sum, line) => sum + Number(line.split(',')[5]), 0)
      expect(sumOf(records, 'CO2')).toBeCloseTo(co2, 6)
    },
  )

  test.each([
    { station: 'Changping', gaps: 774 },
    { station: 'Dongsi', gaps: 750 },
    { station: 'Huairou', gaps: 953 },
    { station: 'Dingling', gaps: 779 },
  ])(
    'Beijing, $station: an hour a reading for four years, $gaps of them without PM2.5',
    async ({ station, gaps }) => {
      const records = await read({
        path: `beijing_air_${station}.csv.gz`,
        nulls: ['', 'NA'],
        key: 'station',
        timestamp: { fields: { year: 'year', month: 'month', day: 'day', hour: 'hour' }, zone: '+08:00' },
      })
      expect(records).toHaveLength(35_064)
      expect(records.filter((record) => fieldOf(record, 'PM2.5') === null)).toHaveLength(gaps)
      expect(new Set(records.map(({ key }) => key))).toEqual(new Set([station]))
      expect(records[0]?.timeMs).toBe(Date.UTC(2013, 1, 28, 16))
      expect(records.every(({ timeMs }, i) => timeMs === (records[0]?.timeMs ?? 0) + i * 3_600_000)).toBe(
        true,
      )
    },
  )

  test('all occupancy files moved so that the last reading is now', async () => {
    const records = await read({
      path: 'occupancy_*.csv.gz',
      first_column: 'row',
      timestamp: { field: 'date', as: 'timestamp' },
      shift_to: 'now',
    })
    expect(records).toHaveLength(2_665 + 9_752 + 8_143)
    const times = records.map(({ timeMs }) => timeMs)
    expect(Math.max(...times)).toBe(nowMs)
    // 2015-02-02 14:19:00 to 2015-02-18 09:19:00.
    expect(nowMs - Math.min(...times)).toBe((16 * 24 - 5) * 3_600_000)
    expect(
      fieldOf(
        records.find(({ timeMs }) => timeMs === nowMs),
        'timestamp',
      ),
    ).toBe('2026-01-01T00:00:00.000Z')
  })
})
