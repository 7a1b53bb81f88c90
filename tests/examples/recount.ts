/** Counts what a topic and a table hold, with clients that are not Sluice's. */
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'

export interface Reading {
  readonly sensor_id: string
  readonly temperature: number | null
  readonly humidity: number | null
  readonly pressure: number | null
  readonly location: string | null
  /** Event time, ms since 1970. */
  readonly timeMs: number
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value))

/** Every value of a topic from its beginning to its present end, read by kafkajs. */
export const readTopic = async (broker: string, topic: string): Promise<string[]> => {
  const kafka = new Kafka({ brokers: [broker], clientId: 'recount', logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  let missing = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  if (missing === 0) return []
  const endOf = new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]))
  const values: string[] = []
  const consumer = kafka.consumer({ groupId: `recount-${process.pid}-${Date.now()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { offset, value } of batch.messages) {
        if (BigInt(offset) >= (endOf.get(batch.partition) ?? 0n)) continue
        values.push(value?.toString() ?? '')
        missing -= 1
      }
      if (missing === 0) resolve()
      await Promise.resolve()
    },
  })
  await promise
  await consumer.disconnect()
  return values
}

const isMeasure = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'number'

/** Values that are readings as the example defines them; others are left out. */
export const readingsOf = (values: readonly string[]): Reading[] =>
  values.flatMap((text) => {
    if (!text.startsWith('{')) return []
    const { timestamp, ...fields } = JSON.parse(text) as Omit<Reading, 'timeMs'> & { timestamp: string }
    const timeMs = Date.parse(timestamp)
    const { sensor_id: sensor, temperature, humidity, pressure } = fields
    const isSound =
      typeof sensor === 'string' && sensor !== '' && [temperature, humidity, pressure].every(isMeasure)
    return isSound && !Number.isNaN(timeMs) ? [{ ...fields, timeMs }] : []
  })

export const ask = async (
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

/** Readings in the table, oldest first. */
export const readTable = async (
  url: string,
  where = 'true',
  values: readonly unknown[] = [],
): Promise<Reading[]> => {
  const rows = await ask(
    url,
    `select sensor_id, temperature, humidity, pressure, location, extract(epoch from timestamp) * 1000 as time
     from sensor_data where ${where} order by timestamp, id`,
    values,
  )
  return rows.map((row) => ({
    sensor_id: String(row['sensor_id']),
    temperature: numberOrNull(row['temperature']),
    humidity: numberOrNull(row['humidity']),
    pressure: numberOrNull(row['pressure']),
    location: typeof row['location'] === 'string' ? row['location'] : null,
    timeMs: Number(row['time']),
  }))
}

const measures = ['temperature', 'humidity', 'pressure'] as const

/** What `/data/stats` should say about readings, worked out by hand; averages to nine digits. */
export const statisticsOf = (readings: readonly Reading[]): Record<string, unknown> => {
  const of = (measure: (typeof measures)[number]) => {
    const numbers = readings.flatMap((reading) => reading[measure] ?? [])
    if (numbers.length === 0) return { average: null, minimum: null, maximum: null }
    const sum = numbers.reduce((total, number) => total + number, 0)
    return {
      average: Number((sum / numbers.length).toFixed(6)),
      minimum: numbers.reduce((a, b) => Math.min(a, b)),
      maximum: numbers.reduce((a, b) => Math.max(a, b)),
    }
  }
  return {
    total_records: readings.length,
    unique_sensors: new Set(readings.map((reading) => reading.sensor_id)).size,
    ...Object.fromEntries(measures.map((measure) => [measure, of(measure)])),
    period: 'last 24 hours',
  }
}
