/** The example of system D as a user runs it: what the API says is what the table, the topic and the files say. */
import { globSync } from 'node:fs'
import { cpus, hostname, loadavg, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { isRequired } from '../../tools/real-parts.ts'
import type { TestPart } from '../support/part.ts'
import {
  pipelinesOf,
  type ShownPipeline,
  type SluiceHome,
  sluiceHome,
  startCommand,
  untilHolds,
} from '../support/sluice.ts'
import { ask, type Reading, readingsOf, readTable, readTopic, statisticsOf } from './recount.ts'
import { movedTo, sensorFiles, sensorSets } from './sensor-files.ts'

const root = join(import.meta.dirname, '../..')
const example = join(root, 'examples/sensors/sluice.yaml')
const dayMs = 24 * 60 * 60 * 1000

const start = (home: SluiceHome, folder = '') => home.up(example, { env: { SENSORS_DIR: folder } })

/** Stops what makes readings for ever, and waits until all that was made is through. */
const untilThrough = async (home: SluiceHome, part: TestPart): Promise<readonly ShownPipeline[]> => {
  for (const name of ['generated-sensors', 'machine']) {
    expect(await home.call(`/api/pipelines/${name}/stop`, { method: 'POST' })).toMatchObject({ status: 200 })
  }
  let shown: readonly ShownPipeline[] = []
  let quietFor = 0
  let before = ''
  await untilHolds(
    part,
    'everything was through',
    async () => {
      shown = await pipelinesOf(home)
      const isThrough = shown.every(
        ({ state, lag, ledger }) =>
          ['running', 'ended', 'stopped'].includes(state) &&
          (lag?.records ?? 0) === 0 &&
          ledger.in_flight === 0,
      )
      const now = JSON.stringify(shown.map(({ state, ledger }) => [state, ledger.in]))
      quietFor = isThrough && now === before && shown.length > 0 ? quietFor + 1 : 0
      before = now
      await new Promise((resolve) => setTimeout(resolve, 500))
      return quietFor >= 4
    },
    150_000,
  )
  return shown
}

interface Readings {
  readonly data: (Omit<Reading, 'timeMs'> & { readonly id: number; readonly timestamp: string })[]
  readonly count: number
  readonly timestamp: string
}

const get = async <Body>(home: SluiceHome, path: string): Promise<Body> => {
  const { status, text } = await home.call(path)
  expect([path, status, status === 200 ? '' : text]).toEqual([path, 200, ''])
  return JSON.parse(text) as Body
}

const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, inner: unknown) =>
    name === 'average' && typeof inner === 'number' ? Number(inner.toFixed(6)) : inner,
  )

const keyOf = ({ sensor_id: sensor, timeMs, temperature, humidity, pressure }: Reading): string =>
  JSON.stringify([sensor, timeMs, temperature, humidity, pressure])

const listed = (body: Readings): Reading[] =>
  body.data.map(({ timestamp, ...fields }) => ({ ...fields, timeMs: Date.parse(timestamp) }))

/** What is newest of readings: their times, newest first. */
const newestTimes = (readings: readonly Reading[], most: number): number[] =>
  readings
    .map(({ timeMs }) => timeMs)
    .toSorted((a, b) => b - a)
    .slice(0, most)

/** Each number of the three `/data` endpoints equals SQL over the table and a recount of the topic. */
const provesNumbers = async (
  home: SluiceHome,
): Promise<{ readonly topic: readonly Reading[]; readonly table: readonly Reading[] }> => {
  const url = home.databaseUrl()
  const topic = readingsOf(await readTopic(home.kafka, 'sensor-readings'))
  const table = await readTable(url)
  expect(table.map(keyOf).toSorted()).toEqual(topic.map(keyOf).toSorted())

  const stats = await get<{ data: object; count: number; timestamp: string }>(home, '/data/stats')
  const nowMs = Date.parse(stats.timestamp)
  const inDay = ({ timeMs }: Reading): boolean => timeMs > nowMs - dayMs && timeMs <= nowMs
  const ofDay = await readTable(url, 'timestamp > $1 and timestamp <= $2', [
    new Date(nowMs - dayMs),
    new Date(nowMs),
  ])
  expect(rounded(stats.data)).toEqual(statisticsOf(topic.filter(inDay)))
  expect(rounded(stats.data)).toEqual(statisticsOf(ofDay))
  expect(stats.count).toBe(ofDay.length)

  const known = new Set(topic.map(keyOf))
  for (const { path, of, most } of [
    { path: '/data/latest', of: topic, most: 100 },
    { path: '/data/latest?limit=1000', of: topic, most: 1000 },
    ...[...new Set(topic.map(({ sensor_id: sensor }) => sensor))].map((sensor) => ({
      path: `/data/by-sensor/${sensor}?limit=300`,
      of: topic.filter((reading) => reading.sensor_id === sensor),
      most: 300,
    })),
  ]) {
    const body = await get<Readings>(home, path)
    const shown = listed(body)
    expect([path, body.count]).toEqual([path, Math.min(most, of.length)])
    expect(shown.map(({ timeMs }) => timeMs)).toEqual(newestTimes(of, most))
    expect(shown.filter((reading) => !known.has(keyOf(reading)))).toEqual([])
    expect(new Set(body.data.map(({ id }) => id)).size).toBe(body.count)
  }
  const latest = await get<Readings>(home, '/data/latest?limit=50')
  const rows = await ask(url, 'select id from sensor_data order by timestamp desc, id desc limit 50')
  expect(latest.data.map(({ id }) => id)).toEqual(rows.map(({ id }) => Number(id)))
  return { topic, table }
}

/** The newest row of this machine's metrics is plausible for the machine that this test runs on. */
const provesMachine = async (home: SluiceHome): Promise<void> => {
  const { data } = await get<{ data: Record<string, unknown>[] }>(home, '/api/host-metrics/latest?limit=1000')
  const [newest = {}] = data
  expect(newest).toMatchObject({
    host: hostname(),
    cpu_count: cpus().length,
    memory_total_bytes: totalmem(),
  })
  const number = (name: string): number => Number(newest[name])
  expect(Math.abs(number('uptime_s') - uptime())).toBeLessThan(120)
  expect(Math.abs(number('load_15m') - (loadavg()[2] ?? 0))).toBeLessThan(3)
  expect(number('memory_used_bytes')).toBeGreaterThan(totalmem() * 0.01)
  expect(number('memory_used_bytes')).toBeLessThanOrEqual(totalmem())
  expect(number('disk_used_bytes')).toBeGreaterThan(0)
  expect(number('disk_used_bytes')).toBeLessThan(number('disk_total_bytes'))
  for (const { cpu_percent: busy } of data) {
    if (busy === null) continue
    expect(Number(busy)).toBeGreaterThanOrEqual(0)
    expect(Number(busy)).toBeLessThanOrEqual(100)
  }
  const topic = await readTopic(home.kafka, 'host-metrics')
  const [counted] = await ask(
    home.databaseUrl(),
    'select count(*)::int as rows, count(distinct (host, timestamp))::int as moments from host_metrics',
  )
  expect(counted).toEqual({ rows: topic.length, moments: topic.length })
}

const balances = (shown: readonly ShownPipeline[]): void => {
  for (const { name, ledger } of shown) expect([name, ledger.gap, ledger.in_flight]).toEqual([name, 0, 0])
}

const deadOf = (shown: readonly ShownPipeline[]): Record<string, number> =>
  Object.fromEntries(
    shown.filter(({ dead_letters: dead }) => dead > 0).map(({ name, dead_letters: dead }) => [name, dead]),
  )

const send = async (broker: string, topic: string, values: readonly string[]): Promise<void> => {
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ key: 'mine', value })) })
  await producer.disconnect()
}

describe('every example', () => {
  const files = globSync('examples/**/*.yaml', { cwd: root }).toSorted()

  test('is there', () => {
    expect(files).toContain('examples/sensors/sluice.yaml')
  })

  test.each(
    files.flatMap((file) => [
      { file, folder: '' },
      { file, folder: '/some/where' },
    ]),
  )('$file has nothing wrong, with SENSORS_DIR="$folder"', async ({ file, folder }) => {
    await using part = startCommand(['lint', join(root, file), '--json'], { env: { SENSORS_DIR: folder } })
    await part.ended
    expect(JSON.parse(part.output())).toMatchObject({ findings: [] })
  })
})

describe('the sensors example', () => {
  test('from the generator and this machine: every number is true, and what is no reading waits as a dead letter', async () => {
    using home = await sluiceHome('sensors')
    await using part = await start(home)
    await untilHolds(part, 'readings came', async () => {
      const { status, text } = await home.call('/api/host-metrics/latest?limit=1000')
      return status === 200 && (JSON.parse(text) as Readings).count >= 5
    })
    const now = new Date().toISOString()
    await send(home.kafka, 'sensor-readings', [
      JSON.stringify({
        sensor_id: 'mine',
        timestamp: now,
        temperature: 21.5,
        humidity: null,
        pressure: null,
        location: null,
      }),
      'not json',
      JSON.stringify({ sensor_id: 'mine', timestamp: 'yesterday' }),
      JSON.stringify({ timestamp: now, temperature: 1 }),
      JSON.stringify({ sensor_id: '', timestamp: now }),
      JSON.stringify({ sensor_id: 'mine', timestamp: now, temperature: 'warm' }),
    ])
    const shown = await untilThrough(home, part)
    balances(shown)
    expect(deadOf(shown)).toEqual({ 'sensor-data': 5 })
    const { topic, table } = await provesNumbers(home)
    const sensors = new Set(topic.map(({ sensor_id: sensor }) => sensor))
    expect(sensors.delete('mine')).toBe(true)
    expect(sensors.size).toBe(10)
    expect(table.filter(({ sensor_id: sensor }) => sensor === 'mine')).toEqual([
      {
        sensor_id: 'mine',
        temperature: 21.5,
        humidity: null,
        pressure: null,
        location: null,
        timeMs: Date.parse(now),
      },
    ])
    await provesMachine(home)
  })

  test.skipIf(sensorFiles === undefined && !isRequired())(
    'from real sensor files, cut short and started again: each line is one row, moved in time, and every number is true',
    async () => {
      expect(sensorFiles, 'the sensor files of ../shared/data/sensors').toBeDefined()
      using home = await sluiceHome('sensors')
      const startedAtMs = Date.now()
      const first = await start(home, sensorFiles)
      await untilHolds(first, 'the first lines were through', async () => {
        const pipelines = await pipelinesOf(home)
        return pipelines.some(({ name, ledger }) => name === 'beijing-air' && ledger.delivered > 0)
      })
      await first.stop('SIGINT')
      expect(first.output()).not.toContain('beijing-air: now ended')
      await using part = await start(home, sensorFiles)
      const shown = await untilThrough(home, part)
      balances(shown)
      expect(deadOf(shown)).toEqual({})
      const { topic } = await provesNumbers(home)
      for (const { name, like, readings } of sensorSets()) {
        const rows = await readTable(home.databaseUrl(), 'sensor_id like $1', [like])
        const endMs = rows.at(-1)?.timeMs ?? 0
        // Moved so that they ended when they were first read, and not moved again by the second start.
        expect(endMs).toBeGreaterThan(startedAtMs)
        expect(endMs).toBeLessThan(Date.now())
        const expected = movedTo(readings, endMs)
        expect(rows).toHaveLength(expected.length)
        expect(rows.map(keyOf).toSorted()).toEqual(expected.map(keyOf).toSorted())
        expect(shown.find((pipeline) => pipeline.name === name)).toMatchObject({
          state: 'ended',
          ledger: { in: readings.length, delivered: readings.length },
        })
        const lines = Map.groupBy(readings, ({ sensor_id: sensor }) => sensor)
        const sent = Map.groupBy(topic, ({ sensor_id: sensor }) => sensor)
        for (const [sensor, own] of lines)
          expect([sensor, sent.get(sensor)?.length]).toEqual([sensor, own.length])
      }
      await provesMachine(home)
    },
  )
})
