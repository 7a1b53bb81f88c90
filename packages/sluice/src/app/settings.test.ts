import { describe, expect, test } from 'vitest'
import { addressOf, parseListen } from './settings.ts'

describe('an address to listen on', () => {
  test.each([
    { says: 'host and port', text: '127.0.0.1:8080', is: { host: '127.0.0.1', port: 8080 } },
    { says: 'a port alone, for this machine', text: ':0', is: { host: '127.0.0.1', port: 0 } },
    { says: 'an IPv6 address in brackets', text: '[::1]:9092', is: { host: '::1', port: 9092 } },
  ])('is read from $says', ({ text, is }) => {
    expect(parseListen('http', text)).toEqual(is)
  })

  test.each(['8080', 'localhost', '::1:9092', '127.0.0.1:99999', ''])(
    'is refused as "%s", with the option and the variable named',
    (text) => {
      expect(() => parseListen('kafka', text)).toThrow(/--kafka \(SLUICE_KAFKA\)/)
    },
  )

  test('is written with brackets around an IPv6 address', () => {
    expect(addressOf({ host: '::1', port: 1 })).toBe('[::1]:1')
  })
})
