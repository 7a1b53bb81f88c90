/**
 * Kafka → filter, map → Kafka by the whole engine, per core: records/s, CPU seconds per million, and the ratio to the
 * same work without a broker's round trips (parse, filter, map, serialise in one loop), in one run.
 *
 * Run: npm run run-ts bench/kafka-to-kafka.ts [records]; needs Apache Kafka and PostgreSQL 15.
 */
import { startApacheKafka } from '../tests/support/apache-kafka.ts'
import { testFolder } from '../tests/support/folder.ts'
import { startPostgres15 } from '../tests/support/postgres-15.ts'
import { runEngine } from './support/engine.ts'
import { machineLine, thousands } from './support/machine.ts'
import { fillTopic, readingOf } from './support/readings.ts'

const count = Number(process.argv[2] ?? 1_000_000)

console.log(
  `Kafka to filter, map to Kafka, ${count} readings of about 170 bytes, 6 partitions\n${machineLine()}`,
)
using folder = testFolder('bench')
await using kafka = await startApacheKafka({ jvm: ['-Xms1g', '-Xmx1g'] })
await using postgres = await startPostgres15()
await fillTopic(kafka.address, 'readings', 6, count)

const bodies = Array.from({ length: 100_000 }, (_, n) => JSON.stringify(readingOf(n)))

/** The bare work of one core: what no engine can do without. */
const bareSeconds = (): number => {
  const start = process.cpuUsage()
  let bytes = 0
  for (const body of bodies) {
    const event: { sensor_id: string; temperature: number; timestamp: string } = JSON.parse(body)
    if (!(event.temperature > 21)) continue
    bytes += JSON.stringify({
      id: event.sensor_id,
      fahrenheit: event.temperature * 1.8 + 32,
      at: event.timestamp,
    }).length
  }
  if (bytes === 0) throw new Error('nothing passed')
  const used = process.cpuUsage(start)
  return ((used.user + used.system) / 1e6 / bodies.length) * count
}

bareSeconds()
const bare = bareSeconds()
const run = await runEngine({
  folder: folder.path,
  databaseUrl: postgres.url,
  pipeline: 'convert',
  count,
  configuration: `
kafka: { brokers: ["${kafka.address}"] }
database: { url: "${postgres.url}" }
topics:
  converted: { partitions: 6, replication_factor: 1 }
pipelines:
  convert:
    source: { kafka: { topic: readings } }
    transforms:
      - filter: event.temperature > 21.0
      - map: { fields: { id: event.sensor_id, fahrenheit: event.temperature * 1.8 + 32, at: event.timestamp } }
    sink: { kafka: { topic: converted } }
`,
})
const perMillion = (run.cpuSeconds / count) * 1e6
console.log(
  `Sluice ${thousands(count / run.seconds)} records/s, ${perMillion.toFixed(1)} CPU s per million, peak ${run.peakMegabytes} MB`,
)
console.log(`bare parse, filter, map, serialise: ${((bare / count) * 1e6).toFixed(2)} CPU s per million`)
console.log(`ratio of bare work to the engine's: ${(bare / run.cpuSeconds).toFixed(2)}`)
