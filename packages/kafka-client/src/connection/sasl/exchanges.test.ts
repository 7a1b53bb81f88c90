/** PLAIN and OAUTHBEARER, word by word. */
import { describe, expect, test } from 'vitest'
import { oauthBearerExchange } from './oauthbearer.ts'
import { plainExchange } from './plain.ts'

describe('PLAIN', () => {
  test('says name and password, and is over', async () => {
    const exchange = plainExchange('alice', 'gehëim')
    expect(exchange.first).toEqual(Buffer.from('\0alice\0gehëim'))
    expect(await exchange.answer(Buffer.alloc(0))).toBeNull()
  })

  test.each([
    ['', 'x'],
    ['x', ''],
    ['a\0b', 'x'],
    ['x', 'a\0b'],
  ])('cannot say %j with %j', (username, password) => {
    expect(() => plainExchange(username, password)).toThrow(/empty|NUL/)
  })
})

describe('OAUTHBEARER', () => {
  test('says the token and its extensions, and is over when the broker has nothing to add', async () => {
    const exchange = oauthBearerExchange({
      value: 'a.b-c_d~e/f+g==',
      extensions: { traceId: 'x 1', tenant: 't' },
    })
    expect(exchange.first.toString()).toBe(
      'n,,\u0001auth=Bearer a.b-c_d~e/f+g==\u0001traceId=x 1\u0001tenant=t\u0001\u0001',
    )
    expect(await exchange.answer(Buffer.alloc(0))).toBeNull()
  })

  test('answers a refusal by one byte, and tells its reason', async () => {
    const exchange = oauthBearerExchange({ value: 'abc' })
    expect(await exchange.answer(Buffer.from('{"status":"invalid_token"}'))).toEqual(Buffer.from([1]))
    await expect(exchange.answer(Buffer.alloc(0))).rejects.toThrow('the token was refused: invalid_token')
  })

  test('keeps a long or strange refusal short and printable', async () => {
    const exchange = oauthBearerExchange({ value: 'abc' })
    await exchange.answer(Buffer.from(`\u0000\u001b[31m${'x'.repeat(5_000)}`))
    await expect(exchange.answer(Buffer.alloc(0))).rejects.toThrow(
      /^the token was refused: {3}\[31mx{0,195}$/,
    )
  })

  test.each([
    { says: 'an empty token', token: { value: '' } },
    { says: 'a token with a separator', token: { value: 'a\u0001admin=true' } },
    { says: 'a token with a line break', token: { value: 'abc\n' } },
    { says: 'an extension named auth', token: { value: 'abc', extensions: { auth: 'x' } } },
    { says: 'an extension with a strange name', token: { value: 'abc', extensions: { 'a=b': 'x' } } },
    { says: 'an empty extension', token: { value: 'abc', extensions: { a: '' } } },
    { says: 'an extension with a separator', token: { value: 'abc', extensions: { a: 'x\u0001b=y' } } },
  ])('refuses $says, without telling it', ({ token }) => {
    expect(() => oauthBearerExchange(token)).toThrow(/no bearer token|cannot be sent/)
  })
})
