import { describe, expect, test } from 'vitest'
import { startTestApi, testKey } from '../../api/rig.suite.ts'
import { systemClock } from '../../kernel/clock.ts'
import { sensorsAnswers } from './answers.ts'

const headers = { authorization: `Bearer ${testKey}` }

interface Asked {
  readonly text: string
  readonly values: readonly unknown[]
}

const nowMs = Date.UTC(2026, 0, 31, 12)
const clock = { ...systemClock, now: () => nowMs }

const startWith = async (rows: Record<string, unknown>[]) => {
  const asked: Asked[] = []
  const query = async (text: string, values: readonly unknown[]) => {
    asked.push({ text, values })
    return { rows, rowCount: rows.length }
  }
  const api = await startTestApi({ sensors: sensorsAnswers({ query }, clock) })
  return { ...api, asked }
}

const row = {
  id: 7,
  sensor_id: 's-1',
  temperature: 21.5,
  humidity: null,
  pressure: Number.NaN,
  location: 'hall',
  timestamp: new Date(nowMs - 1000),
  created_at: new Date(nowMs),
}

describe('/data/latest', () => {
  test('gives readings as they are, nothing where nothing was measured', async () => {
    await using api = await startWith([row])
    const answer = await api.server.inject({ url: '/data/latest', headers })
    expect(answer.json()).toEqual({
      data: [
        {
          id: 7,
          sensor_id: 's-1',
          temperature: 21.5,
          humidity: null,
          pressure: null,
          location: 'hall',
          timestamp: '2026-01-31T11:59:59.000Z',
          created_at: '2026-01-31T12:00:00.000Z',
        },
      ],
      count: 1,
      timestamp: '2026-01-31T12:00:00.000Z',
    })
    expect(api.asked[0]?.values).toEqual([100])
  })

  test.each([
    { limit: '0', reason: 'limit: 0 is too small; at least 1.' },
    { limit: '-1', reason: 'limit: -1 is too small; at least 1.' },
    { limit: 'abc', reason: 'limit: "abc" is not of type integer.' },
    { limit: '10001', reason: 'limit: 10001 is too large; at most 1000.' },
    { limit: '', reason: 'limit: "" is not of type integer.' },
    { limit: '1.5', reason: 'limit: 1.5 is not of type integer.' },
    { limit: '1e2', reason: 'limit: "1e2" is not of type integer.' },
    { limit: '5&limit=6', reason: 'limit: ["5","6"] is not of type integer.' },
  ])('refuses limit=$limit with the reason', async ({ limit, reason }) => {
    await using api = await startWith([])
    const answer = await api.server.inject({ url: `/data/latest?limit=${limit}`, headers })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: reason, code: 'REQUEST_INVALID' })
    expect(api.asked).toEqual([])
  })
})

describe('/data/by-sensor', () => {
  test('hands the sensor to the database as a value, never as text of the statement', async () => {
    await using api = await startWith([])
    const sensor = "s'; drop table sensor_data; --"
    const answer = await api.server.inject({ url: `/data/by-sensor/${encodeURIComponent(sensor)}`, headers })
    expect(answer.json()).toMatchObject({ data: [], count: 0 })
    expect(api.asked).toEqual([{ text: expect.not.stringContaining('drop') as string, values: [sensor, 50] }])
  })
})

describe('/data/stats', () => {
  test('asks for the last 24 hours by event time', async () => {
    await using api = await startWith([
      {
        total_records: 12,
        unique_sensors: 3,
        temperature_average: 20.5,
        temperature_minimum: 20,
        temperature_maximum: 21,
      },
    ])
    const answer = await api.server.inject({ url: '/data/stats', headers })
    expect(answer.json()).toMatchObject({
      data: {
        total_records: 12,
        unique_sensors: 3,
        temperature: { average: 20.5, minimum: 20, maximum: 21 },
        humidity: { average: null, minimum: null, maximum: null },
        period: 'last 24 hours',
      },
      count: 12,
    })
    expect(api.asked[0]?.values).toEqual([new Date(nowMs - 86_400_000), new Date(nowMs)])
    expect(api.asked[0]?.text).toContain('where timestamp > $1 and timestamp <= $2')
  })
})

test.each(['/data/latest', '/data/stats', '/data/by-sensor/a', '/api/host-metrics/latest', '/api/sensors'])(
  '%s is empty, not an error, before the table exists',
  async (url) => {
    const missing = Object.assign(new Error('relation does not exist'), { code: '42P01' })
    await using api = await startTestApi({
      sensors: sensorsAnswers({ query: () => Promise.reject(missing) }, clock),
    })
    const answer = await api.server.inject({ url, headers })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ count: 0 })
  },
)

test('any other failure of the database is told as one', async () => {
  await using api = await startTestApi({
    sensors: sensorsAnswers({ query: () => Promise.reject(new Error('terminating connection')) }, clock),
  })
  const answer = await api.server.inject({ url: '/data/latest', headers })
  expect(answer.statusCode).toBe(500)
})

test('host metrics are given as the table has them', async () => {
  await using api = await startWith([{ host: 'h', cpu_percent: 3.5, timestamp: new Date(nowMs) }])
  const answer = await api.server.inject({ url: '/api/host-metrics/latest?limit=1', headers })
  expect(answer.json()).toMatchObject({
    data: [{ host: 'h', cpu_percent: 3.5, timestamp: '2026-01-31T12:00:00.000Z' }],
    count: 1,
  })
})
