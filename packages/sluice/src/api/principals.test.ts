import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Principal } from '../contract/answers.ts'
import { authorize } from './authorize.ts'
import { isLoopback, parseListenAddress } from './guard.ts'
import { adminKeyAuthentication, adminKeyFile, anonymous, ensureAdminKey } from './principals.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-key-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('the admin key', () => {
  test('is made once, for its owner alone, however many ask', async () => {
    const keys = await Promise.all([ensureAdminKey(directory), ensureAdminKey(directory).catch(() => null)])
    const later = await ensureAdminKey(directory)
    expect(keys).toContain(later)
    const file = adminKeyFile(directory)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readFile(file, 'utf8')).trim()).toBe(later)
  })

  test('that is no key is refused with the file to look at', async () => {
    await writeFile(adminKeyFile(directory), 'short\n')
    await expect(ensureAdminKey(directory)).rejects.toMatchObject({
      code: 'ADMIN_KEY_UNUSABLE',
      facts: { file: adminKeyFile(directory) },
    })
  })

  test.each([
    { says: 'the key', header: 'Bearer secret', known: true },
    { says: 'the key in other case of the word', header: 'bearer secret', known: true },
    { says: 'another key', header: 'Bearer secret2', known: false },
    { says: 'no key', header: undefined, known: false },
    { says: 'another scheme', header: 'Basic secret', known: false },
    { says: 'nothing after the word', header: 'Bearer ', known: false },
  ])('is known by $says: $known', ({ header, known }) => {
    expect(adminKeyAuthentication('secret')(header) !== null).toBe(known)
  })
})

describe('authorize', () => {
  const reader: Principal = { kind: 'admin', name: 'reader', permissions: new Set(['topics:read']) }

  test.each([
    { says: 'everybody may do what is open', principal: anonymous, permission: null, code: undefined },
    {
      says: 'nobody in particular needs a key',
      principal: anonymous,
      permission: 'topics:read',
      code: 'UNAUTHENTICATED',
    },
    { says: 'who has the permission may', principal: reader, permission: 'topics:read', code: undefined },
    { says: 'who lacks it may not', principal: reader, permission: 'topics:write', code: 'FORBIDDEN' },
  ] as const)('$says', ({ principal, permission, code }) => {
    const refused = authorize(principal, permission, { kind: 'topic', name: 'orders' }, 'admin.key')
    expect(refused?.code).toBe(code)
  })

  test('tells what was refused', () => {
    const refused = authorize(reader, 'topics:write', { kind: 'topic', name: 'orders' }, 'admin.key')
    expect(refused?.message).toBe('You may not write topic orders.')
  })
})

describe('addresses', () => {
  test.each([
    { text: '127.0.0.1:8080', address: { host: '127.0.0.1', port: 8080 } },
    { text: ':0', address: { host: '127.0.0.1', port: 0 } },
    { text: '8080', address: { host: '127.0.0.1', port: 8080 } },
    { text: '[::1]:80', address: { host: '::1', port: 80 } },
    { text: '0.0.0.0:80', address: { host: '0.0.0.0', port: 80 } },
  ])('$text is read', ({ text, address }) => {
    expect(parseListenAddress(text)).toEqual(address)
  })

  test.each(['localhost', 'a:b', ':70000', '1:2:3', ''])('%j is refused', (text) => {
    expect(() => parseListenAddress(text)).toThrow('is no address')
  })

  test.each([
    { host: '127.0.0.1', loopback: true },
    { host: '127.9.9.9', loopback: true },
    { host: '::1', loopback: true },
    { host: '0.0.0.0', loopback: false },
    { host: '127.0.0.1.example', loopback: false },
  ])('$host is loopback: $loopback', ({ host, loopback }) => {
    expect(isLoopback(host)).toBe(loopback)
  })
})
