import { describe, expect, test } from 'vitest'
import { addressOf, parseListen, readSettings } from './settings.ts'

describe('settings', () => {
  test.each([
    { says: 'host and port', text: '127.0.0.1:8080', is: { host: '127.0.0.1', port: 8080 } },
    { says: 'a port alone, for this machine', text: ':0', is: { host: '127.0.0.1', port: 0 } },
    { says: 'an IPv6 address in brackets', text: '[::1]:9092', is: { host: '::1', port: 9092 } },
  ])('take $says', ({ text, is }) => {
    expect(parseListen('http', text)).toEqual(is)
  })

  test.each(['8080', 'localhost', '::1:9092', '127.0.0.1:99999', ''])(
    'refuse "%s" and name the flag and the variable',
    (text) => {
      expect(() => parseListen('kafka', text)).toThrow(/--kafka \(SLUICE_KAFKA\)/)
    },
  )

  test('prefer a flag to a variable and a variable to the default', () => {
    const settings = readSettings({ http: ':1' }, null, {
      SLUICE_HTTP: ':2',
      SLUICE_KAFKA: ':3',
      SLUICE_POSTGRES: '',
    })
    expect([settings.http.port, settings.kafka.port, settings.postgres.port]).toEqual([1, 3, 5433])
  })

  test('write an IPv6 address in brackets', () => {
    expect(addressOf({ host: '::1', port: 1 })).toBe('[::1]:1')
  })
})
