import { describe, expect, test } from 'vitest'
import { makeRecord } from '../source.ts'
import { generatorTypes } from './index.ts'

const typeNamed = (name: string) => {
  const type = generatorTypes.find((candidate) => candidate.name === name)
  if (type === undefined) throw new Error(`no type ${name}`)
  return type
}

const someText: unknown = expect.any(String)
const someNumber: unknown = expect.any(Number)

type Body = Readonly<Record<string, unknown>>

const at = (body: unknown, path: string): unknown =>
  path.split('.').reduce((part, name) => (part as Body | undefined)?.[name], body)
const numberAt = (body: unknown, path: string): number => at(body, path) as number
const textAt = (body: unknown, path: string): string => at(body, path) as string

const bodies = (name: string, count = 2_000, intervalMs = 60_000): Body[] => {
  const type = typeNamed(name)
  const plan = { type, seed: 3, subjects: type.subjects, lanes: 1, topic: 't' }
  return Array.from({ length: count }, (_, n) => makeRecord(plan, 0, n, n * intervalMs).body)
}

/** The least and the most of many different values. */
const range = (values: number[]): { least: number; most: number; varied: boolean } => ({
  least: Math.min(...values),
  most: Math.max(...values),
  varied: new Set(values).size > 10,
})

/** Within what a field is allowed to be. */
const expectWithin = (values: number[], least: number, most: number): void => {
  const seen = range(values)
  expect(seen.least).toBeGreaterThanOrEqual(least)
  expect(seen.most).toBeLessThanOrEqual(most)
  expect(seen.varied).toBe(true)
}

describe('what the types promise', () => {
  test.each([
    { type: 'sensor', field: 'sensor_id', least: 1, most: 100 },
    { type: 'sensor', field: 'temperature', least: 20, most: 40 },
    { type: 'sensor', field: 'humidity', least: 30, most: 90 },
    { type: 'sensor', field: 'pressure', least: 950, most: 1050 },
    { type: 'user_activity', field: 'user_id', least: 1, most: 1_000 },
    { type: 'user_activity', field: 'duration', least: 1, most: 300 },
    { type: 'logs', field: 'response_time_ms', least: 10, most: 500 },
    { type: 'payments', field: 'amount', least: 5, most: 500 },
    { type: 'weather', field: 'temperature', least: -5, most: 45 },
  ])('$type: $field lies between $least and $most', ({ type, field, least, most }) => {
    const seen = range(bodies(type).map((body) => numberAt(body, `payload.${field}`)))
    expect(seen.least).toBeGreaterThanOrEqual(least)
    expect(seen.most).toBeLessThanOrEqual(most)
    expect(seen.varied).toBe(true)
  })

  test.each([
    { type: 'user_activity', field: 'action', words: ['click', 'login', 'logout', 'purchase'] },
    { type: 'logs', field: 'service', words: ['api', 'auth', 'cache', 'db'] },
    { type: 'logs', field: 'level', words: ['ERROR', 'INFO', 'WARN'] },
    { type: 'payments', field: 'currency', words: ['EUR', 'INR', 'USD'] },
    { type: 'payments', field: 'method', words: ['card', 'upi', 'wallet'] },
  ])('$type: $field is one of $words', ({ type, field, words }) => {
    expect([...new Set(bodies(type).map((body) => textAt(body, `payload.${field}`)))].sort()).toEqual(words)
  })

  test.each(['sensor', 'logs', 'weather', 'user_activity', 'payments', 'generic'])(
    '%s comes in its envelope',
    (name) => {
      const [body] = bodies(name, 1)
      expect(Object.keys(body ?? {})).toEqual(['topic', 'data_type', 'payload', 'timestamp'])
      expect(body).toMatchObject({ topic: 't', data_type: name, timestamp: '1970-01-01T00:00:00.000Z' })
    },
  )

  test('sensor readings are plausible, follow the day and move in small steps', () => {
    const readings = bodies('sensor_readings', 10 * 1_440 * 3).filter(
      (body) => textAt(body, 'sensor_id') === 'sensor-001',
    )
    expectWithin(
      readings.map((body) => numberAt(body, 'temperature')),
      8,
      35,
    )
    expectWithin(
      readings.map((body) => numberAt(body, 'humidity')),
      5,
      98,
    )
    expectWithin(
      readings.map((body) => numberAt(body, 'pressure')),
      990,
      1035,
    )
    expect(Object.keys(readings[0] ?? {})).toEqual([
      'sensor_id',
      'temperature',
      'humidity',
      'pressure',
      'location',
      'timestamp',
    ])
    // One sensor has its turn every ten minutes here.
    for (const [i, reading] of readings.entries()) {
      const before = readings[i - 1] ?? reading
      expect(Math.abs(numberAt(reading, 'temperature') - numberAt(before, 'temperature'))).toBeLessThan(1)
    }
    const mean = (hour: number): number => {
      const then = readings.filter((body) => new Date(textAt(body, 'timestamp')).getUTCHours() === hour)
      return then.reduce((sum, body) => sum + numberAt(body, 'temperature'), 0) / then.length
    }
    expect(mean(16)).toBeGreaterThan(mean(4))
  })

  test('user events carry what belongs to their kind, and every field that rules ask for', () => {
    const events = bodies('user_events', 5_000)
    expect(new Set(events.map((body) => textAt(body, 'event_type')))).toEqual(
      new Set(['purchase', 'page_view', 'login', 'logout', 'signup', 'click', 'impression', 'error']),
    )
    const ofType = (type: string): Body[] => events.filter((body) => textAt(body, 'event_type') === type)
    for (const { data } of ofType('purchase')) {
      const items = at(data, 'items') as Body[]
      const sum = items.reduce(
        (total, item) => total + numberAt(item, 'price') * numberAt(item, 'quantity'),
        0,
      )
      expect(numberAt(data, 'amount')).toBeCloseTo(sum, 2)
      expect(data).toMatchObject({ currency: someText, payment_method: someText })
    }
    expect(new Set(ofType('error').map((body) => textAt(body, 'priority')))).toEqual(new Set(['high']))
  })

  test('telemetry tells where the sensor is and how it does', () => {
    for (const body of bodies('sensor_telemetry', 200)) {
      expect(body).toMatchObject({
        value: someNumber,
        unit: someText,
        location: { building: someText, floor: someNumber, room: someText },
        battery_percent: someNumber,
        status: expect.stringMatching(/^(ok|low_battery|error)$/) as unknown,
        firmware: expect.stringMatching(/^2\.\d\.\d$/) as unknown,
      })
    }
  })

  test('service logs fail with statuses of failure only', () => {
    for (const body of bodies('service_logs', 3_000)) {
      expect(numberAt(body, 'status') >= 500).toBe(textAt(body, 'level') === 'ERROR')
    }
  })

  test('each brokerlytics session starts once, ends once, and has its revenue in between', () => {
    const sessions = Map.groupBy(bodies('brokerlytics', 25 * 8 * 20), (body) => textAt(body, 'session_id'))
    expect(sessions.size).toBeGreaterThan(500)
    for (const events of sessions.values()) {
      const types = events.map((body) => textAt(body, 'event_type'))
      const revenues = types.length - 2
      expect(types).toEqual([
        'START_SESSION',
        ...Array.from({ length: revenues }, () => 'REVENUE'),
        'END_SESSION',
      ])
      expect(events.filter((body) => 'amount' in body && 'currency' in body)).toHaveLength(revenues)
      expect(new Set(events.map((body) => textAt(body, 'device_id'))).size).toBe(1)
    }
  })

  test('a device has one brokerlytics session at a time', () => {
    const devices = Map.groupBy(bodies('brokerlytics', 25 * 8 * 20), (body) => textAt(body, 'device_id'))
    for (const events of devices.values()) {
      const changes = events.filter(
        (body, i) => textAt(body, 'session_id') !== textAt(events[i - 1] ?? {}, 'session_id'),
      )
      expect(changes.every((body) => textAt(body, 'event_type') === 'START_SESSION')).toBe(true)
    }
  })
})
