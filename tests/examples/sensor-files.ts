/** The real sensor files, parsed by hand: what their rows should look like in the table. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Reading } from './recount.ts'

const folder = join(import.meta.dirname, '../../../shared/data/sensors')

/** Where the files are; undefined where there are none beside the repository. */
export const sensorFiles = existsSync(folder) ? folder : undefined

const linesOf = (name: string): string[][] =>
  gunzipSync(readFileSync(join(folder, name)))
    .toString()
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(',').map((field) => field.replaceAll('"', '')))

const measured = (text: string | undefined): number | null =>
  text === undefined || text === '' || text === 'NA' ? null : Number(text)

const filesNamed = (pattern: RegExp): string[] => readdirSync(folder).filter((name) => pattern.test(name))

/** Hourly rows in Beijing's time. */
const beijing = (): Reading[] =>
  filesNamed(/^beijing_air_.*\.csv\.gz$/).flatMap((name) => {
    const [head = [], ...rows] = linesOf(name)
    const at = (row: readonly string[], field: string): string | undefined => row[head.indexOf(field)]
    return rows.map((row) => {
      const [year, month, day, hour] = ['year', 'month', 'day', 'hour'].map((field) => Number(at(row, field)))
      const station = at(row, 'station') ?? ''
      return {
        sensor_id: `beijing-${station}`,
        temperature: measured(at(row, 'TEMP')),
        humidity: null,
        pressure: measured(at(row, 'PRES')),
        location: `Beijing, ${station}`,
        timeMs: Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0, (hour ?? 0) - 8),
      }
    })
  })

/** Rows in Belgian winter time; the first field of each has no name in the head. */
const office = (): Reading[] =>
  filesNamed(/^occupancy_.*\.csv\.gz$/).flatMap((name) => {
    const [head = [], ...rows] = linesOf(name)
    const at = (row: readonly string[], field: string): string | undefined => row[head.indexOf(field) + 1]
    return rows.map((row) => ({
      sensor_id: 'office-1',
      temperature: measured(at(row, 'Temperature')),
      humidity: measured(at(row, 'Humidity')),
      pressure: null,
      location: 'Office, Mons',
      timeMs: Date.parse(`${at(row, 'date')?.replace(' ', 'T')}+01:00`),
    }))
  })

const byTime = (a: Reading, b: Reading): number =>
  a.timeMs - b.timeMs || a.sensor_id.localeCompare(b.sensor_id)

/** Both sets, each with the times that it has in its files, oldest first. */
export const sensorSets = (): {
  readonly name: string
  readonly like: string
  readonly readings: Reading[]
}[] => [
  { name: 'beijing-air', like: 'beijing-%', readings: beijing().toSorted(byTime) },
  { name: 'office-room', like: 'office-1', readings: office().toSorted(byTime) },
]

/** A set moved in time, so that its last reading is at `endMs`. */
export const movedTo = (readings: readonly Reading[], endMs: number): Reading[] => {
  const shiftMs = endMs - (readings.at(-1)?.timeMs ?? 0)
  return readings.map((reading) => ({ ...reading, timeMs: reading.timeMs + shiftMs }))
}
