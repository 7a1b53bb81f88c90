import { describe, expect, test } from 'vitest'
import type { Resource } from '../contract/endpoint.ts'
import { contract } from '../contract/index.ts'
import { anonymousReading, permissions } from '../contract/permissions.ts'
import { type VirtualClock, virtualClock } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { createLogger, type LogLine } from '../kernel/logger.ts'
import { type MemorySessions, memorySessions } from './memory-sessions.suite.ts'
import { startTestApi, type TestApi, testKey } from './rig.suite.ts'
import type { ServerParts } from './server.ts'
import { createSessions, idleMs, linkLivesMs, sessionLivesMs } from './sessions.ts'

const host = 'localhost:8080'
const origin = `http://${host}`
const byKey = { authorization: `Bearer ${testKey}`, host }

interface Rig extends TestApi {
  readonly clock: VirtualClock
  readonly store: MemorySessions
  /** Makes a link with the key; resolves to its token. */
  link(): Promise<string>
  signIn(
    token: string,
    headers?: Record<string, string>,
  ): Promise<Awaited<ReturnType<TestApi['server']['inject']>>>
  /** A browser that is signed in: its cookie, and the token for changes. */
  browser(): Promise<{ cookie: string; csrf: string }>
}

const startRig = async (change: Partial<ServerParts> = {}, store = memorySessions()): Promise<Rig> => {
  const clock = virtualClock(Date.UTC(2026, 0, 31, 12))
  const sessions = createSessions({ store, adminKey: testKey, clock })
  const api = await startTestApi({ clock, sessions, ...change })
  const link = async (): Promise<string> => {
    const made = await api.server.inject({ method: 'POST', url: '/api/session/links', headers: byKey })
    expect(made.statusCode).toBe(201)
    return made.json<{ path: string }>().path.replace('/signin#', '')
  }
  const signIn: Rig['signIn'] = async (token, headers = {}) =>
    api.server.inject({
      method: 'POST',
      url: '/api/session',
      headers: { host, origin, ...headers },
      payload: { token },
    })
  return {
    ...api,
    clock,
    store,
    link,
    signIn,
    browser: async () => {
      const answer = await signIn(await link())
      expect(answer.statusCode).toBe(200)
      const { csrf_token: csrf } = answer.json<{ csrf_token: string }>()
      return { cookie: cookieOf(answer.headers['set-cookie']), csrf }
    },
  }
}

const cookieOf = (header: unknown): string => String(header).split(';')[0] ?? ''

const shown = async (api: TestApi, headers: Record<string, string>) =>
  (await api.server.inject({ url: '/api/session', headers: { host, ...headers } })).json<{
    signed_in: boolean
    expires_at: string | null
    permissions: string[]
    csrf_token: string | null
  }>()

describe('a link', () => {
  test('becomes a session in a cookie that no script reads and no other site sends', async () => {
    await using rig = await startRig()
    const answer = await rig.signIn(await rig.link())
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['set-cookie']).toMatch(
      /^sluice_session_8080=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json()).toMatchObject({
      signed_in: true,
      principal: { name: 'admin', kind: 'admin' },
      permissions: Object.keys(permissions),
      anonymous: 'none',
      expires_at: '2026-02-01T00:00:00.000Z',
      environment: { name: 'sluice', kafka: 'embedded', database: 'embedded', version: '0.0.0-test' },
    })
    const cookie = cookieOf(answer.headers['set-cookie'])
    expect(await shown(rig, { cookie })).toEqual(answer.json())
    const topics = await rig.server.inject({ url: '/api/topics', headers: { host, cookie } })
    expect(topics.statusCode).toBe(200)
  })

  test.each([
    { says: 'a page that came through TLS', headers: { origin: `https://${host}` } },
    { says: 'a proxy that ended TLS', headers: { 'x-forwarded-proto': 'https' } },
    { says: 'several proxies, the first of which did', headers: { 'x-forwarded-proto': 'https, http' } },
  ])('by $says gives a cookie that goes through TLS alone', async ({ headers }) => {
    await using rig = await startRig()
    const answer = await rig.signIn(await rig.link(), headers)
    expect(answer.headers['set-cookie']).toMatch(/; Secure$/)
  })

  test('signs in once, whoever comes first', async () => {
    await using rig = await startRig()
    const token = await rig.link()
    const answers = await Promise.all([rig.signIn(token), rig.signIn(token), rig.signIn(token)])
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 403, 403])
    const again = await rig.signIn(token)
    expect(again.json()).toMatchObject({
      code: 'SIGN_IN_REFUSED',
      details: { fix: expect.stringContaining('sluice signin') as string },
    })
    expect(again.headers['set-cookie']).toBeUndefined()
  })

  test.each([
    { says: 'at its last moment', afterMs: linkLivesMs - 1, status: 200 },
    { says: 'when it is too old', afterMs: linkLivesMs, status: 403 },
  ])('$says: $status', async ({ afterMs, status }) => {
    await using rig = await startRig()
    const token = await rig.link()
    await rig.clock.advance(afterMs)
    expect((await rig.signIn(token)).statusCode).toBe(status)
  })

  test.each([
    { says: 'made up', token: 'x'.repeat(43), status: 403 },
    { says: 'cut', token: 'x'.repeat(20), status: 403 },
    { says: 'the key itself', token: testKey, status: 403 },
    { says: 'empty', token: '', status: 400 },
    { says: 'endless', token: 'x'.repeat(1_000), status: 400 },
  ])('that is $says signs nobody in', async ({ status, token }) => {
    await using rig = await startRig()
    await rig.link()
    expect((await rig.signIn(token)).statusCode).toBe(status)
    expect(rig.store.sessions.size).toBe(0)
  })

  test('is no key, and a session is no link', async () => {
    await using rig = await startRig()
    const token = await rig.link()
    const asKey = await rig.server.inject({
      url: '/api/topics',
      headers: { host, authorization: `Bearer ${token}` },
    })
    expect(asKey.statusCode).toBe(401)
    const { cookie } = await rig.browser()
    expect((await rig.signIn(cookie.split('=')[1] ?? '')).statusCode).toBe(403)
  })

  test('needs a key to be made', async () => {
    await using rig = await startRig({ anonymous: 'read' })
    const answer = await rig.server.inject({ method: 'POST', url: '/api/session/links', headers: { host } })
    expect(answer.statusCode).toBe(401)
  })

  test('gives way when too many wait', async () => {
    await using rig = await startRig()
    const first = await rig.link()
    for (let made = 0; made < limits.signInLinksMax; made += 1) {
      await rig.clock.advance(1)
      await rig.link()
    }
    expect(rig.store.links.size).toBe(limits.signInLinksMax)
    expect((await rig.signIn(first)).statusCode).toBe(403)
  })

  test('cannot be guessed at leisure', async () => {
    await using rig = await startRig()
    for (let tried = 0; tried < limits.signInAttemptsByAddressMax; tried += 1) await rig.signIn('x')
    const busy = await rig.signIn(await rig.link())
    expect(busy.statusCode).toBe(429)
    expect(busy.headers['retry-after']).toBe('60')
    // What was turned away fills no books.
    expect(rig.audit.filter(({ action }) => action === 'session.started')).toHaveLength(
      limits.signInAttemptsByAddressMax,
    )
    await rig.clock.advance(60_000)
    expect((await rig.signIn(await rig.link())).statusCode).toBe(200)
  })
})

describe('a session', () => {
  test('has a token of its own whatever cookie came, and ends the one before', async () => {
    await using rig = await startRig()
    const chosen = `sluice_session_8080=${'a'.repeat(43)}`
    const first = await rig.signIn(await rig.link(), { cookie: chosen })
    const before = cookieOf(first.headers['set-cookie'])
    expect(before).not.toBe(chosen)
    expect(await shown(rig, { cookie: chosen })).toMatchObject({ signed_in: false })
    const after = cookieOf((await rig.signIn(await rig.link(), { cookie: before })).headers['set-cookie'])
    expect(await shown(rig, { cookie: before })).toMatchObject({ signed_in: false })
    expect(await shown(rig, { cookie: after })).toMatchObject({ signed_in: true })
  })

  test('lives on in another server with the same store and key, and dies with the key', async () => {
    const store = memorySessions()
    await using rig = await startRig({}, store)
    const { cookie, csrf } = await rig.browser()
    await using restarted = await startRig({}, store)
    expect(await shown(restarted, { cookie })).toMatchObject({ signed_in: true, csrf_token: csrf })
    const otherKey = createSessions({ store, adminKey: `sluice_${'n'.repeat(43)}`, clock: rig.clock })
    await using rekeyed = await startRig({ sessions: otherKey }, store)
    expect(await shown(rekeyed, { cookie })).toMatchObject({ signed_in: false })
  })

  test('ends when it is not used, and at last although it is', async () => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    const endsAtMs = rig.clock.now() + sessionLivesMs
    while (rig.clock.now() + idleMs / 2 < endsAtMs) {
      await rig.clock.advance(idleMs / 2)
      const { expires_at: expiresAt, signed_in: signedIn } = await shown(rig, { cookie })
      expect(signedIn).toBe(true)
      expect(Date.parse(expiresAt ?? '')).toBe(Math.min(rig.clock.now() + idleMs, endsAtMs))
    }
    await rig.clock.advance(idleMs / 2)
    expect(await shown(rig, { cookie })).toMatchObject({ signed_in: false })
    const idle = await rig.browser()
    await rig.clock.advance(idleMs)
    expect(await shown(rig, idle)).toMatchObject({ signed_in: false })
    const refused = await rig.server.inject({ url: '/api/topics', headers: { host, cookie } })
    expect(refused.statusCode).toBe(401)
  })

  test('gives way when there are too many', async () => {
    await using rig = await startRig()
    const first = await rig.browser()
    for (let made = 0; made < limits.sessionsMax; made += 1) {
      await rig.clock.advance(2_000)
      await rig.browser()
    }
    expect(rig.store.sessions.size).toBe(limits.sessionsMax)
    expect(await shown(rig, { cookie: first.cookie })).toMatchObject({ signed_in: false })
  })

  test('that was known goes on for a while when the store does not answer, and no longer', async () => {
    const store = memorySessions()
    let isDown = false
    const find: typeof store.find = (hash) =>
      isDown ? Promise.reject(new Error('connection refused')) : store.find(hash)
    await using rig = await startRig({}, { ...store, find })
    const { cookie } = await rig.browser()
    expect(await shown(rig, { cookie })).toMatchObject({ signed_in: true })
    isDown = true
    await rig.clock.advance(60_000)
    expect(await shown(rig, { cookie })).toMatchObject({ signed_in: true })
    await rig.clock.advance(300_000)
    const answer = await rig.server.inject({ url: '/api/session', headers: { host, cookie } })
    expect(answer.statusCode).toBe(500)
    const open = await rig.server.inject({ url: '/health', headers: { host, cookie } })
    expect(open.statusCode).toBe(200)
  })

  test('of a server on another port is another one', async () => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    const other = await rig.server.inject({
      url: '/api/session',
      headers: { host: 'localhost:8081', cookie },
    })
    expect(other.json()).toMatchObject({ signed_in: false })
  })

  test.each(['same-site', 'cross-site'])('is kept from pages that are %s', async (site) => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    const told = await shown(rig, { cookie, 'sec-fetch-site': site })
    expect(told).toMatchObject({ signed_in: false, csrf_token: null })
    expect(await shown(rig, { cookie, 'sec-fetch-site': 'same-origin' })).toMatchObject({ signed_in: true })
  })

  test('that two cookies claim to be is none', async () => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    const tossed = `${cookie}; sluice_session_8080=${'a'.repeat(43)}`
    expect(await shown(rig, { cookie: tossed })).toMatchObject({ signed_in: false })
  })

  test('ends for good when one signs out', async () => {
    await using rig = await startRig()
    const { cookie, csrf } = await rig.browser()
    const out = await rig.server.inject({
      method: 'DELETE',
      url: '/api/session',
      headers: { host, origin, cookie, 'x-csrf-token': csrf },
    })
    expect(out.statusCode).toBe(200)
    expect(out.json()).toMatchObject({ signed_in: false, csrf_token: null, permissions: [] })
    expect(out.headers['set-cookie']).toBe(
      'sluice_session_8080=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    )
    expect(out.headers['clear-site-data']).toBe('"storage"')
    expect(await shown(rig, { cookie })).toMatchObject({ signed_in: false })
    expect(rig.store.sessions.size).toBe(0)
  })
})

describe('a change by a session', () => {
  const create = async (rig: Rig, headers: Record<string, string>) =>
    rig.server.inject({
      method: 'POST',
      url: '/api/topics',
      headers: { host, ...headers },
      payload: { name: 'made', partitions: 1 },
    })

  test('is made with its token', async () => {
    await using rig = await startRig()
    const { cookie, csrf } = await rig.browser()
    expect((await create(rig, { cookie, origin, 'x-csrf-token': csrf })).statusCode).toBe(201)
    expect(rig.audit.at(-1)).toMatchObject({ actor: 'admin', action: 'topic.created', outcome: 'done' })
  })

  test.each([
    { says: 'without its token', more: {}, code: 'CSRF_REFUSED', status: 403 },
    {
      says: 'with a wrong token',
      more: { 'x-csrf-token': 'x'.repeat(43) },
      code: 'CSRF_REFUSED',
      status: 403,
    },
    { says: 'with an empty token', more: { 'x-csrf-token': '' }, code: 'CSRF_REFUSED', status: 403 },
    {
      says: 'from another page',
      more: { origin: 'https://evil.example' },
      code: 'ORIGIN_REFUSED',
      status: 403,
    },
    {
      says: 'from a page of another port',
      more: { origin: 'http://localhost:3000' },
      code: 'ORIGIN_REFUSED',
      status: 403,
    },
    {
      says: 'from the same site',
      more: { 'sec-fetch-site': 'same-site' },
      code: 'UNAUTHENTICATED',
      status: 401,
    },
    {
      says: 'from another site',
      more: { 'sec-fetch-site': 'cross-site' },
      code: 'UNAUTHENTICATED',
      status: 401,
    },
    { says: 'under another name', more: { host: 'evil.example' }, code: 'HOST_REFUSED', status: 421 },
  ])('is refused $says', async ({ code, more, status }) => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    const answer = await create(rig, { cookie, ...more })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code])
    const topics = await rig.server.inject({ url: '/api/topics', headers: byKey })
    expect(topics.json()).toMatchObject({ count: 0 })
  })

  test('is refused with the token of another session', async () => {
    await using rig = await startRig()
    const [one, other] = [await rig.browser(), await rig.browser()]
    expect((await create(rig, { cookie: one.cookie, 'x-csrf-token': other.csrf })).statusCode).toBe(403)
  })

  test('needs no token with the key, which no browser sends by itself', async () => {
    await using rig = await startRig()
    const { cookie } = await rig.browser()
    expect((await create(rig, { ...byKey, cookie })).statusCode).toBe(201)
  })
})

describe('who is not signed in', () => {
  const statusOf = async (anonymous: 'none' | 'read', method: 'GET' | 'POST', url: string) => {
    await using rig = await startRig({ anonymous })
    return (await rig.server.inject({ method, url, headers: { host }, payload: method === 'GET' ? '' : {} }))
      .statusCode
  }

  test.each([
    { url: '/api/topics', none: 401, read: 200 },
    { url: '/api/pipelines', none: 401, read: 200 },
    { url: '/api/dead-letters', none: 401, read: 200 },
    { url: '/openapi.json', none: 401, read: 200 },
    { url: '/health', none: 200, read: 200 },
  ])('reads $url only where the configuration says so', async ({ none, read, url }) => {
    expect([await statusOf('none', 'GET', url), await statusOf('read', 'GET', url)]).toEqual([none, read])
  })

  test('is told what the configuration allows, and where it is only where reading is allowed', async () => {
    await using closed = await startRig()
    expect(await shown(closed, {})).toMatchObject({
      signed_in: false,
      principal: { name: 'anonymous', kind: 'anonymous' },
      anonymous: 'none',
      permissions: [],
      csrf_token: null,
      environment: { kafka: null, database: null },
    })
    await using open = await startRig({ anonymous: 'read' })
    expect(await shown(open, {})).toMatchObject({
      anonymous: 'read',
      permissions: [...anonymousReading],
      environment: { kafka: 'embedded' },
    })
  })

  const resources: readonly Resource[] = Object.values(contract)
  const changes = resources.flatMap(({ endpoints }) =>
    Object.values(endpoints).filter(({ open, permission }) => !open && !String(permission).endsWith(':read')),
  )

  test.each(changes)('cannot $method $path, whatever the configuration says', async ({ method, path }) => {
    await using rig = await startRig({ anonymous: 'read' })
    const url = path.replaceAll(/\{\w+\}/g, '1')
    const answer = await rig.server.inject({ method, url, headers: { host }, payload: {} })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'UNAUTHENTICATED'])
    expect(rig.audit).toEqual([])
  })

  test('has no permission that changes anything', () => {
    expect([...anonymousReading].filter((name) => !name.endsWith(':read'))).toEqual([])
    expect([...anonymousReading].filter((name) => /config|log|audit|connection/.test(name))).toEqual([])
  })
})

describe('the books', () => {
  test('tell who signed in, who was refused and who signed out, and hold no token', async () => {
    const lines: LogLine[] = []
    const clock = virtualClock(0)
    const logger = createLogger((line) => lines.push(line), clock, 'test', 'debug')
    await using rig = await startRig({ logger })
    const token = await rig.link()
    await rig.signIn(token)
    const refused = await rig.signIn(token)
    const { cookie, csrf } = await rig.browser()
    await rig.server.inject({
      method: 'DELETE',
      url: '/api/session',
      headers: { host, cookie, 'x-csrf-token': csrf },
    })
    const told = rig.audit.map(({ action, actor, outcome }) => `${actor} ${action} ${outcome}`)
    expect(told).toEqual([
      'admin session.link_made done',
      'admin session.started done',
      'anonymous session.started refused',
      'admin session.link_made done',
      'admin session.started done',
      'admin session.ended done',
    ])
    const sessionToken = cookie.split('=')[1] ?? ''
    const { csrf: csrfKept } = await rig.browser()
    const everything = JSON.stringify([
      lines,
      rig.audit,
      refused.body,
      [...rig.store.links],
      [...rig.store.sessions],
    ])
    for (const secret of [token, sessionToken, csrf, csrfKept, testKey])
      expect(everything).not.toContain(secret)
    expect(lines.length).toBeGreaterThan(0)
  })
})
