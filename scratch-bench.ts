import { startApacheKafka } from './tests/support/apache-kafka.ts'
import { startPostgres15 } from './tests/support/postgres-15.ts'
import { openKafkaClient } from './packages/sluice/src/connectors/kafka/client/client.ts'
import { systemClock } from './packages/sluice/src/kernel/clock.ts'
import { seededRandom } from './packages/sluice/src/kernel/random.ts'
import { createLogger } from './packages/sluice/src/kernel/logger.ts'
import { openDatabases } from './packages/sluice/src/app/databases.ts'
import { migrate } from './packages/sluice/src/store/migrate.ts'
import { commitStoreIn } from './packages/sluice/src/store/lanes.ts'
import { leaseStoreIn } from './packages/sluice/src/store/leases.ts'
import { PipelineRun } from './packages/sluice/src/pipelines/pipeline-run.ts'
import { kafkaSource } from './packages/sluice/src/connectors/kafka/definition.ts'
import { postgresSink } from './packages/sluice/src/connectors/postgres/definition.ts'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
const N = Number(process.argv[2] ?? 1_000_000)
const logger = createLogger((l) => console.error(l.level, l.component, l.message, JSON.stringify(l.fields)), systemClock, 'bench', 'info')
const random = seededRandom(1)
const kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
const pg = await startPostgres15({ max_wal_size: '4GB', shared_buffers: '256MB' })
const access = { brokers: [kafka.address], tls: false, sasl: null, clientId: 'bench' }
const client = openKafkaClient(access, systemClock, random)
const admin = await client.admin()
await admin.createTopic({ name: 'readings', partitions: 6, replicationFactor: 1, configs: { 'retention.ms': '-1' } })
const writer = await client.writer()
let t = Date.now()
const copy: string[] = []
for (let from = 0; from < N; from += 10_000) {
  const records = Array.from({ length: 10_000 }, (_, i) => {
    const n = from + i
    const b = { sensor_id: `sensor-${n % 200}`, temperature: 20 + (n % 100) / 10, humidity: 50 + (n % 300) / 10, pressure: 1000 + (n % 50) / 10, location: `Building ${n % 7}, room ${n % 40}`, timestamp: new Date(1_790_000_000_000 + n).toISOString() }
    copy.push(`${b.sensor_id}\t${b.temperature}\t${b.humidity}\t${b.pressure}\t${b.location}\t${b.timestamp}`)
    return { topic: 'readings', partition: null, key: Buffer.from(b.sensor_id), value: Buffer.from(JSON.stringify(b)), headers: [], timeMs: 1_790_000_000_000 + n }
  })
  await writer.send(records)
}
console.log('produced', N, 'in', Date.now() - t, 'ms')
writeFileSync('/tmp/copy.txt', copy.join('\n') + '\n')
const psql = (sql: string) => { const s = Date.now(); const r = spawnSync('psql', [pg.url, '-q', '-c', sql], { encoding: 'utf8' }); if (r.status) console.log(r.stderr); return Date.now() - s }
psql('create table base (sensor_id text, temperature double precision, humidity double precision, pressure double precision, location text, timestamp timestamptz)')
const base1 = psql("\\copy base from '/tmp/copy.txt'")
console.log('COPY', base1, 'ms', Math.round(N / base1 * 1000), 'rows/s')
const databases = openDatabases(pg.url, 'sluice', logger)
await migrate(databases.own)
const context: any = { pipeline: 'p', namespace: 'sluice', clock: systemClock, random, logger, kafka: access, database: (u: string, n: number) => databases.forSink(u, n), baseDirectory: '/', hostName: 'h', processId: 'x' }
t = Date.now(); const cpu = process.cpuUsage()
const run = new PipelineRun({
  definition: { name: 'p', source: { use: 'kafka', options: {} }, steps: [], sink: { use: 'postgres', options: {} }, retry: { firstMs: 100, mostMs: 1000, degradedAfter: 5 }, fingerprint: 'x' },
  ownership: 'group', steps: [],
  openSource: () => kafkaSource.open({ topic: 'readings' }, context),
  openSink: () => postgresSink.open({ table: 'readings', columns: { sensor_id: 'text', temperature: 'double precision', humidity: 'double precision', pressure: 'double precision', location: 'text', timestamp: 'timestamptz' }, connections: 4 }, context),
}, { owner: 'me', store: commitStoreIn(databases.own), leases: leaseStoreIn(databases.own), peers: () => 1, clock: systemClock, random, logger, drainMs: 5000 }, false)
let started = 0
for (;;) { await systemClock.sleep(20); const c = run.status().committed; if (c.in > 0 && !started) { started = Date.now(); console.log('first commit after', started - t) } if (c.in >= N) break; if (Date.now() - t > 120_000) break }
const took = Date.now() - t; const used = process.cpuUsage(cpu)
console.log('engine', took, 'ms', Math.round(N / took * 1000), 'rows/s', 'cpu', ((used.user + used.system) / 1e6).toFixed(2), 's', 'rss', Math.round(process.memoryUsage.rss() / 1e6), 'ratio', (base1 / took).toFixed(2), 'ratio w/o join', (base1 / (Date.now() - started)).toFixed(2))
console.log(run.status().committed)
await run.stop()
console.log('rows', (await databases.own.query('select count(*) from readings', [])).rows)
psql('truncate base'); const base2 = psql("\\copy base from '/tmp/copy.txt'"); console.log('COPY again', base2)
await databases[Symbol.asyncDispose](); await writer[Symbol.asyncDispose](); await admin[Symbol.asyncDispose](); await kafka.stop(); await pg.stop()
