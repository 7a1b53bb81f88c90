/** A million sensor readings of about 170 bytes: the same as records of a topic and as lines of `COPY`. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'

export interface Reading {
  readonly sensor_id: string
  readonly temperature: number
  readonly humidity: number
  readonly pressure: number
  readonly location: string
  readonly timestamp: string
}

const firstMs = Date.UTC(2026, 0, 1)

export const readingOf = (n: number): Reading => ({
  sensor_id: `sensor-${n % 200}`,
  temperature: 20 + (n % 100) / 10,
  humidity: 50 + (n % 300) / 10,
  pressure: 1_000 + (n % 50) / 10,
  location: `Building ${n % 7}, room ${n % 40}`,
  timestamp: new Date(firstMs + n * 10).toISOString(),
})

export const columnDefinitions = {
  sensor_id: 'text',
  temperature: 'double precision',
  humidity: 'double precision',
  pressure: 'double precision',
  location: 'text',
  timestamp: 'timestamptz',
} as const

/** Writes the readings as `COPY` lines. */
export const writeCopyFile = async (path: string, count: number): Promise<void> => {
  const file = createWriteStream(path)
  for (let from = 0; from < count; from += 10_000) {
    const lines: string[] = []
    for (let n = from; n < Math.min(count, from + 10_000); n++)
      lines.push(Object.values(readingOf(n)).join('\t'))
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}

/** Makes a topic and fills it with the readings, keyed by sensor. */
export const fillTopic = async (
  broker: string,
  topic: string,
  partitions: number,
  count: number,
): Promise<void> => {
  const access = { brokers: [broker], tls: false, sasl: null, clientId: 'bench' }
  const client = openKafkaClient(access, systemClock, seededRandom(1))
  await using admin = await client.admin()
  await using writer = await client.writer()
  // The times of the readings are older than a broker keeps records by default.
  await admin.createTopic({
    name: topic,
    partitions,
    replicationFactor: 1,
    configs: { 'retention.ms': '-1' },
  })
  for (let from = 0; from < count; from += 10_000) {
    const size = Math.min(10_000, count - from)
    const records = Array.from({ length: size }, (_, i) => {
      const reading = readingOf(from + i)
      return {
        topic,
        partition: null,
        key: Buffer.from(reading.sensor_id),
        value: Buffer.from(JSON.stringify(reading)),
        headers: [],
        timeMs: Date.parse(reading.timestamp),
      }
    })
    await writer.send(records)
  }
}
