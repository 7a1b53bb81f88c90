/**
 * `/data/stats` over many rows: from the rollup, against the plain statement over the rows; and what the rollup costs
 * whoever writes, against `COPY` of the same rows into the same table without it.
 *
 * Run: npm run run-ts bench/stats.ts [rows] [sensors]; needs PostgreSQL 15.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { silentLogger } from '../packages/sluice/src/kernel/logger.ts'
import { openDatabase } from '../packages/sluice/src/store/database.ts'
import { migrate } from '../packages/sluice/src/store/migrate.ts'
import { sensorsAnswers } from '../packages/sluice/src/systems/sensors/answers.ts'
import { ensureRollup, rollupStats, tidyRollup } from '../packages/sluice/src/systems/sensors/rollup.ts'
import { dropRollup } from '../packages/sluice/src/systems/sensors/rollup-schema.ts'
import { ensureSensorTables } from '../packages/sluice/src/systems/sensors/tables.ts'
import { startPostgres15 } from '../tests/support/postgres-15.ts'
import { machineLine, thousands } from './support/machine.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const sensors = Number(process.argv[3] ?? 200)
const batchRows = 10_000
const spanMs = 36 * 3_600_000
const endMs = Date.UTC(2026, 2, 29, 12, 34, 56, 789)

console.log(`${thousands(rows)} rows of ${sensors} sensors over 36 hours\n${machineLine()}`)
await using postgres = await startPostgres15({ max_wal_size: '4GB', shared_buffers: '512MB' })
await using database = openDatabase({ url: postgres.url, namespace: 'sluice', logger: silentLogger })
await migrate(database)
await ensureSensorTables(database)
const client = new pg.Client({ connectionString: postgres.url })
await client.connect()

/** Rows in the order of their time, each third of a sensor's without a pressure. */
const linesOf = (first: number, count: number): string => {
  let text = ''
  for (let n = first; n < first + count; n++) {
    const at = new Date(endMs - spanMs + Math.floor((n / rows) * spanMs)).toISOString()
    const pressure = n % 3 === 0 ? '\\N' : String(1_000 + (n % 50) / 10)
    text += `s-${(n * 7919) % sensors}\t${20 + (n % 100) / 7}\t${50 + (n % 300) / 10}\t${pressure}\thall\t${at}\n`
  }
  return text
}

const copyBatch = async (first: number): Promise<number> => {
  const text = linesOf(first, Math.min(batchRows, rows - first))
  const start = performance.now()
  await client.query('begin')
  const copy = client.query(
    copyFrom('copy sensor_data (sensor_id, temperature, humidity, pressure, location, timestamp) from stdin'),
  )
  await pipeline(Readable.from([Buffer.from(text)]), copy)
  await client.query('commit')
  return performance.now() - start
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0

// Batch by batch with and without the rollup, in turns of ten, so that both see the same table grow.
const withRollup: number[] = []
const without: number[] = []
let made = 0
for (let first = 0, batch = 0; first < Math.min(rows, 600_000); first += batchRows, batch++) {
  const turn = Math.floor(batch / 10) % 2
  if (batch % 10 === 0) {
    if (turn === 0) await ensureRollup(database)
    else await database.query(dropRollup(database.schema), [])
  }
  ;(turn === 0 ? withRollup : without).push(await copyBatch(first))
  made = first + batchRows
}
const costPercent = (median(withRollup) / median(without) - 1) * 100
console.log(
  `COPY of ${batchRows} rows: ${median(without).toFixed(1)} ms without, ${median(withRollup).toFixed(1)} ms with the rollup ` +
    `(${costPercent >= 0 ? '+' : ''}${costPercent.toFixed(1)} %)`,
)
await database.query(dropRollup(database.schema), [])
for (let first = made; first < rows; first += batchRows) await copyBatch(first)
await database.query('vacuum analyze sensor_data', [])
const madeAt = performance.now()
await ensureRollup(database)
console.log(`made the rollup of what was there in ${((performance.now() - madeAt) / 1_000).toFixed(1)} s`)
// What a minute of a busy sink leaves untidied.
for (let n = 0; n < 600; n++) {
  await database.query(`insert into sensor_data (sensor_id, temperature, timestamp) values ('s-1', 20, $1)`, [
    new Date(endMs - (n % 120) * 1_000),
  ])
}

const times: number[] = []
for (let n = 0; n < 500; n++) {
  const start = performance.now()
  const row = await rollupStats(database, endMs - 86_400_000 - n * 977, endMs - n * 977)
  if (row === null) throw new Error('the rollup is not kept')
  times.push(performance.now() - start)
}
await tidyRollup(database)
const plain = sensorsAnswers({ query: database.query }, { now: () => endMs, sleep: () => Promise.resolve() })
const plainTimes: number[] = []
for (let n = 0; n < 5; n++) {
  const start = performance.now()
  // The statement takes no part of the call.
  await Reflect.apply(plain.stats, plain, [])
  plainTimes.push(performance.now() - start)
}
console.log(
  `/data/stats of 24 hours: median ${median(times).toFixed(1)} ms, p99 ${p99(times).toFixed(1)} ms (wanted: at most 50 ms); ` +
    `plain statement ${median(plainTimes).toFixed(0)} ms`,
)
await client.end()
