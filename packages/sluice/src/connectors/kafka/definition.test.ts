import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { kafkaSink, kafkaSinkOptions, kafkaSource, kafkaSourceOptions } from './definition.ts'

describe('the options of the source', () => {
  test('need a topic only', () => {
    const filled = Value.Default(kafkaSourceOptions, { topic: 'orders' })
    expect(Value.Check(kafkaSourceOptions, filled)).toBe(true)
    expect(filled).toMatchObject({ start: 'earliest', on_gap: 'earliest', isolation: 'read_committed' })
  })

  test.each([
    { start: 'newest' },
    { start: { time: -1 } },
    { start: { offsets: { x: 1 } } },
    { on_gap: 'skip' },
    { topic: 'a topic' },
    { batch_bytes: '1' },
    { fetch: true },
  ])('are refused with %j', (wrong) => {
    const filled = Value.Default(kafkaSourceOptions, { topic: 'orders', ...wrong })
    expect(Value.Check(kafkaSourceOptions, filled)).toBe(false)
  })

  test('have a start that is a time', () => {
    const examine = (time: string | number) =>
      kafkaSource.examine?.(Value.Default(kafkaSourceOptions, { topic: 'orders', start: { time } }))
    expect(examine('2026-11-21T09:30:00Z')).toStrictEqual([])
    expect(examine(0)).toStrictEqual([])
    expect(examine('yesterday')).toMatchObject([
      { path: ['start', 'time'], problem: "'yesterday' is no time" },
    ])
  })
})

describe('the options of the sink', () => {
  test.each([
    { key: 'event.sensor.id', problems: 0 },
    { key: 'meta.headers.region', problems: 0 },
    { key: 'sensor_id', problems: 1 },
    { key: 'meta.nothing', problems: 1 },
  ])('have $problems problems with the key $key', ({ key, problems }) => {
    const options = Value.Default(kafkaSinkOptions, { topic: 'orders', key })
    expect(kafkaSink.examine?.(options)).toHaveLength(problems)
  })
})
