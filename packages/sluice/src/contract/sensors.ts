/** Readings of system D, and metrics of the machines that Sluice runs on. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { count, limit, list, nullable, strict, timestamp } from './schemas.ts'
import { points, rangeAnswer, rangeQuery } from './series.ts'

const readings = { kind: 'readings', name: null } as const

const measure = (description: string) => nullable(Type.Number({ description }))

const reading = strict({
  id: Type.Integer({ description: 'Number of the row.' }),
  sensor_id: Type.String(),
  temperature: measure('Degrees Celsius; null where it was not measured.'),
  humidity: measure('Relative humidity in per cent.'),
  pressure: measure('Air pressure in hPa.'),
  location: nullable(Type.String()),
  timestamp: Type.String({ format: 'date-time', description: 'When it was measured (event time).' }),
  created_at: nullable(Type.String({ format: 'date-time', description: 'When the row was written.' })),
})

const statistics = (what: string) =>
  strict(
    {
      average: nullable(Type.Number()),
      minimum: nullable(Type.Number()),
      maximum: nullable(Type.Number()),
    },
    `${what} over all readings that have it; null where none has.`,
  )

/** Measures of a reading, with their units. */
export const sensorMeasures = { temperature: '°C', humidity: '%', pressure: 'hPa' } as const

/** Measures of a machine, with their units; columns of `host_metrics`. */
export const hostMeasures = {
  cpu_percent: '%',
  load_1m: '',
  load_5m: '',
  load_15m: '',
  memory_used_bytes: 'B',
  memory_total_bytes: 'B',
  swap_used_bytes: 'B',
  swap_total_bytes: 'B',
  disk_used_bytes: 'B',
  disk_total_bytes: 'B',
  disk_read_bytes_per_s: 'B/s',
  disk_write_bytes_per_s: 'B/s',
  network_received_bytes_per_s: 'B/s',
  network_sent_bytes_per_s: 'B/s',
} as const

const keysOf = <Key extends string>(units: Readonly<Record<Key, string>>) => {
  const isKey = (text: string): text is Key => Object.hasOwn(units, text)
  return Object.keys(units).filter(isKey)
}

/** Rows that one chart reads at the most. */
export const sensorRowsMax = 200_000

const measured = {
  ...rangeAnswer,
  unit: Type.String(),
  points,
  truncated: Type.Boolean({
    description: `Only the newest ${sensorRowsMax} rows were read: what is older is null.`,
  }),
}

// PostgreSQL has no text with a zero byte.
const nameInTable = (description: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$', description })

export const sensorsResource = defineResource({
  name: 'sensors',
  summary: 'Sensor readings (table `sensor_data`) and metrics of machines (table `host_metrics`).',
  endpoints: {
    latest: endpoint({
      method: 'GET',
      path: '/data/latest',
      summary: 'Show the newest readings',
      description: 'Newest event time first. Empty where nothing was stored yet.',
      query: strict({ limit: limit(100) }),
      answer: { kind: 'json', status: 200, schema: list(reading), description: 'Readings.' },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    stats: endpoint({
      method: 'GET',
      path: '/data/stats',
      summary: 'Show statistics of the last 24 hours',
      description: [
        'By event time: a reading counts by when it was measured, not by when it arrived.',
        '',
        'Read from statistics by minute, which triggers on `sensor_data` keep in the transaction of whoever writes; what is deleted or changed by hand is counted anew. While a trigger is taken off, the rows themselves are read, and the server makes the statistics anew. Only what is written past triggers (`session_replication_role`) is not seen.',
      ].join('\n'),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: strict({
            total_records: count,
            unique_sensors: count,
            temperature: statistics('Temperature'),
            humidity: statistics('Humidity'),
            pressure: statistics('Pressure'),
            period: Type.Literal('last 24 hours'),
          }),
          count: Type.Integer({ minimum: 0, description: 'The same as `total_records`.' }),
          timestamp,
        }),
        description: 'Statistics.',
      },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    by_sensor: endpoint({
      method: 'GET',
      path: '/data/by-sensor/{sensor_id}',
      summary: 'Show the newest readings of one sensor',
      description: 'Newest event time first. Empty for a sensor that has no readings.',
      params: strict({
        // PostgreSQL has no text with a zero byte.
        sensor_id: Type.String({
          minLength: 1,
          maxLength: 200,
          pattern: '^[^\\u0000]*$',
          description: 'The sensor.',
        }),
      }),
      query: strict({ limit: limit(50) }),
      answer: { kind: 'json', status: 200, schema: list(reading), description: 'Readings.' },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    list: endpoint({
      method: 'GET',
      path: '/api/sensors',
      summary: 'List sensors with their newest reading',
      description: 'By name. `next` is `after` of the next page.',
      query: strict({
        after: Type.Optional(nameInTable('Only sensors behind this one: `next` of the page before.')),
        limit: limit(100),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(strict({ sensor_id: Type.String(), latest: reading })),
          count,
          next: nullable(Type.String()),
          timestamp,
        }),
        description: 'Sensors.',
      },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    series: endpoint({
      method: 'GET',
      path: '/api/sensors/series',
      summary: 'Show a measure of one sensor over time',
      description: 'By event time: the average of the readings of each stretch, null where there is none.',
      query: strict({
        sensor_id: nameInTable('The sensor.'),
        measure: Type.Enum(keysOf(sensorMeasures), { description: 'What was measured.' }),
        ...rangeQuery,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ sensor_id: Type.String(), measure: Type.String(), ...measured }),
        description: 'Points.',
      },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    host_series: endpoint({
      method: 'GET',
      path: '/api/host-metrics/series',
      summary: 'Show a measure of one machine over time',
      description: 'The average of the measurements of each stretch, null where there is none.',
      query: strict({
        host: nameInTable('Name of the machine.'),
        measure: Type.Enum(keysOf(hostMeasures), { description: 'What was measured.' }),
        ...rangeQuery,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({ host: Type.String(), measure: Type.String(), ...measured }),
        description: 'Points.',
      },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
    host_metrics: endpoint({
      method: 'GET',
      path: '/api/host-metrics/latest',
      summary: 'Show the newest metrics of the machines that Sluice runs on',
      description: 'Newest first: CPU, memory, load, disk and network as the `host` source measured them.',
      query: strict({ limit: limit(100) }),
      answer: {
        kind: 'json',
        status: 200,
        schema: list(Type.Record(Type.String(), Type.Unknown(), { description: 'A row of `host_metrics`.' })),
        description: 'Measurements.',
      },
      permission: 'data:read',
      resource: readings,
      audit: null,
    }),
  },
})
