/**
 * Kafka → PostgreSQL by the whole engine, against `COPY` of the same rows into the same table, in one run.
 *
 * Run: npm run run-ts bench/kafka-to-postgres.ts [records] [rounds]; needs Apache Kafka and PostgreSQL 15.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { testFolder } from '../tests/support/folder.ts'
import { startPostgres15 } from '../tests/support/postgres-15.ts'
import { runEngine } from './support/engine.ts'
import { machineLine, thousands } from './support/machine.ts'
import { columnDefinitions, fillTopic, writeCopyFile } from './support/readings.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 3)

console.log(`Kafka to PostgreSQL, ${count} readings of about 170 bytes, 6 partitions\n${machineLine()}`)
using folder = testFolder('bench')
await using kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
await using postgres = await startPostgres15({ max_wal_size: '8GB', shared_buffers: '256MB' })
const copyFile = join(folder.path, 'readings.txt')
await writeCopyFile(copyFile, count)
await fillTopic(kafka.address, 'readings', 6, count)

const psql = (command: string): number => {
  const start = performance.now()
  const { status, stderr } = spawnSync('psql', [postgres.url, '-q', '-c', command], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return (performance.now() - start) / 1000
}

const columns = Object.entries(columnDefinitions)
const createTable = `create table copied (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`

const copyOnce = (): number => {
  psql(`drop table if exists copied; ${createTable}`)
  const seconds = psql(`\\copy copied from '${copyFile}'`)
  psql('checkpoint')
  return seconds
}

const engineOnce = async (round: number) => {
  psql('drop schema if exists sluice cascade; drop table if exists readings')
  const list = columns.map(([name, type]) => `${name}: ${type}`).join(', ')
  const run = await runEngine({
    folder: folder.path,
    databaseUrl: postgres.url,
    pipeline: 'readings',
    count,
    configuration: `
kafka: { brokers: ["${kafka.address}"] }
database: { url: "${postgres.url}" }
pipelines:
  readings:
    source: { kafka: { topic: readings, group: round-${round} } }
    sink: { postgres: { table: readings, columns: { ${list} } } }
`,
  })
  psql('checkpoint')
  return run
}

const ratios: number[] = []
for (let round = 1; round <= rounds; round++) {
  const before = copyOnce()
  const engine = await engineOnce(round)
  const after = copyOnce()
  const copy = (before + after) / 2
  const ratio = copy / engine.seconds
  ratios.push(ratio)
  const perMillion = (engine.cpuSeconds / count) * 1e6
  console.log(
    `round ${round}: COPY ${thousands(count / copy)} rows/s, Sluice ${thousands(count / engine.seconds)} rows/s, ` +
      `ratio ${ratio.toFixed(2)}; worker ${perMillion.toFixed(1)} CPU s per million, peak ${engine.peakMegabytes} MB`,
  )
}
const sorted = ratios.toSorted((a, b) => a - b)
console.log(`ratio to COPY: median ${sorted[sorted.length >> 1]?.toFixed(2)} (wanted: at least 0.28)`)
