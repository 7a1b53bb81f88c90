import { describe, expect, test } from 'vitest'
import { fromParts, parseTime, type TimeFormat, zoneOffset } from './event-time.ts'

const at = (value: unknown, zone = 'UTC', format: TimeFormat = 'auto'): string | null => {
  const offset = zoneOffset(zone)
  if (offset === undefined) throw new Error(`no zone ${zone}`)
  const ms = parseTime(value, format, offset)
  return ms === null ? null : new Date(ms).toISOString()
}

describe('event times', () => {
  test.each([
    { value: '2015-02-02 14:19:00', is: '2015-02-02T14:19:00.000Z' },
    { value: '2015-02-02T14:19:00Z', zone: '+08:00', is: '2015-02-02T14:19:00.000Z' },
    { value: '2015-02-02T14:19:00.123456789+02:00', is: '2015-02-02T12:19:00.123Z' },
    { value: '2015-02-02 14:19', zone: '-0330', is: '2015-02-02T17:49:00.000Z' },
    { value: '2015-02-02', zone: '+08:00', is: '2015-02-01T16:00:00.000Z' },
    { value: '2024-07-01 12:00:00', zone: 'Europe/Berlin', is: '2024-07-01T10:00:00.000Z' },
    { value: '2024-01-01 12:00:00', zone: 'Europe/Berlin', is: '2024-01-01T11:00:00.000Z' },
    { value: '2024-03-31 03:00:00', zone: 'Europe/Berlin', is: '2024-03-31T01:00:00.000Z' },
    { value: '2013-03-01 00:00:00', zone: 'Asia/Shanghai', is: '2013-02-28T16:00:00.000Z' },
    { value: 1_700_000_000, is: '2023-11-14T22:13:20.000Z' },
    { value: 1_700_000_000_500, is: '2023-11-14T22:13:20.500Z' },
    { value: '1700000000.25', is: '2023-11-14T22:13:20.250Z' },
    { value: 1_700_000_000, format: 'epoch_ms' as const, is: '1970-01-20T16:13:20.000Z' },
  ])('reads $value ($zone)', ({ value, zone, format, is }) => {
    expect(at(value, zone, format)).toBe(is)
  })

  test.each([
    { value: '2015-02-30 10:00:00' },
    { value: '2015-13-01' },
    { value: '2015-02-02 25:00:00' },
    { value: 'yesterday' },
    { value: '' },
    { value: null },
    { value: true },
    { value: 1e300 },
    { value: 1_700_000_000, format: 'iso' as const },
    { value: '2015-02-02', format: 'epoch_s' as const },
  ])('says that $value ($format) is none', ({ value, format }) => {
    expect(at(value, 'UTC', format)).toBeNull()
  })

  test('knows no zone that does not exist', () => {
    expect(zoneOffset('Europe/Atlantis')).toBeUndefined()
  })

  test('the parts of a day that does not exist are no time', () => {
    const parts = { year: 2023, month: 2, day: 29, hour: 0, minute: 0, second: 0, millisecond: 0 }
    expect(fromParts(parts, () => 0)).toBeNull()
  })
})
