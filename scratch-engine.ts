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
import { readFileSync } from 'node:fs'
const N = Number(process.argv[2] ?? 1_000_000)
const info = JSON.parse(readFileSync('/tmp/bench-info.json', 'utf8'))
const logger = createLogger((l) => console.error(l.level, l.component, l.message, JSON.stringify(l.fields)), systemClock, 'bench', 'info')
const random = seededRandom(1)
const pg = { url: info.url }; const base1 = info.base
const access = { brokers: [info.kafka], tls: false, sasl: null, clientId: 'bench' }
const group = 'g' + Date.now()
let t = 0
const psql = (sql: string) => { const s = Date.now(); const r = spawnSync('psql', [pg.url, '-q', '-c', sql], { encoding: 'utf8' }); if (r.status) console.log(r.stderr); return Date.now() - s }
const databases = openDatabases(pg.url, 'sluice', logger)
await migrate(databases.own); await databases.own.query('drop table if exists readings', []); await databases.own.query('delete from sluice.lanes', [])
const context: any = { pipeline: 'p', namespace: 'sluice', clock: systemClock, random, logger, kafka: access, database: (u: string, n: number) => databases.forSink(u, n), baseDirectory: '/', hostName: 'h', processId: 'x' }
t = Date.now(); const cpu = process.cpuUsage()
const run = new PipelineRun({
  definition: { name: 'p', source: { use: 'kafka', options: {} }, steps: [], sink: { use: 'postgres', options: {} }, retry: { firstMs: 100, mostMs: 1000, degradedAfter: 5 }, fingerprint: 'x' },
  ownership: 'group', steps: [],
  openSource: () => kafkaSource.open({ topic: 'readings', group }, context),
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
await databases[Symbol.asyncDispose](); 
