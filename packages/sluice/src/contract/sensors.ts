/** Readings of system D, and metrics of the machines that Sluice runs on. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { count, limit, list, nullable, strict, timestamp } from './schemas.ts'

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
      description: 'By event time: a reading counts by when it was measured, not by when it arrived.',
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
