import { describe, expect, test } from 'vitest'
import { virtualClock } from '../kernel/clock.ts'
import { type CallerParts, createCallers } from './callers.ts'
import { memorySessions } from './memory-sessions.suite.ts'
import { admin, adminKeyAuthentication } from './principals.ts'
import { createSessions } from './sessions.ts'

const host = 'localhost:8080'
const origin = `http://${host}`

const start = async (change: Partial<CallerParts> = {}) => {
  const clock = virtualClock(0)
  const sessions = createSessions({ store: memorySessions(), adminKey: 'secret', clock })
  const { token: link } = await sessions.makeLink(admin)
  const { token } = await sessions.start(link, null)
  const callers = createCallers({
    authenticate: adminKeyAuthentication('secret'),
    sessions,
    anonymous: 'none',
    keyFile: 'admin.key',
    names: { hosts: [], origins: [] },
    ...change,
  })
  return { callers, sessions, token, cookie: `sluice_session_8080=${token}` }
}

describe('a socket', () => {
  test('is opened by a page of this server with its session, until that ends', async () => {
    const { callers, cookie, sessions, token } = await start()
    const headers = { host, origin, cookie }
    expect(await callers.ofSocket({ headers })).toBe(admin)
    await sessions.end(token)
    await expect(callers.ofSocket({ headers })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('is opened whatever a browser takes the scheme ws: for', async () => {
    const { callers, cookie } = await start()
    const headers = { host, origin, cookie, 'sec-fetch-site': 'cross-site' }
    expect(await callers.ofSocket({ headers })).toBe(admin)
  })

  test('is opened with the key', async () => {
    const { callers } = await start()
    expect(await callers.ofSocket({ headers: { host, authorization: 'Bearer secret' } })).toBe(admin)
  })

  test.each([
    { says: 'a page of another site', more: { origin: 'https://evil.example' }, code: 'ORIGIN_REFUSED' },
    { says: 'a page of another port', more: { origin: 'http://localhost:3000' }, code: 'ORIGIN_REFUSED' },
    { says: 'a page without origin', more: { origin: 'null' }, code: 'ORIGIN_REFUSED' },
    { says: 'a program that has only the cookie', more: { origin: undefined }, code: 'UNAUTHENTICATED' },
    { says: 'an allowed page of elsewhere', more: { origin: 'http://app.example' }, code: 'UNAUTHENTICATED' },
    { says: 'another name', more: { host: 'evil.example' }, code: 'HOST_REFUSED' },
    { says: 'a wrong key', more: { authorization: 'Bearer wrong' }, code: 'UNAUTHENTICATED' },
    { says: 'no session', more: { cookie: undefined }, code: 'UNAUTHENTICATED' },
  ] as const)('is not opened by $says', async ({ code, more }) => {
    const { callers, cookie } = await start({ names: { hosts: [], origins: ['http://app.example'] } })
    const headers = { host, origin, cookie, ...more }
    await expect(callers.ofSocket({ headers })).rejects.toMatchObject({ code })
  })

  test('is opened by nobody in particular where reading is allowed, and knows that', async () => {
    const { callers } = await start({ anonymous: 'read' })
    const principal = await callers.ofSocket({ headers: { host, origin } })
    expect(principal.kind).toBe('anonymous')
    expect(principal.permissions).not.toBe('all')
  })
})
