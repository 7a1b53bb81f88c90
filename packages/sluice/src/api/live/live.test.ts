import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../../contract/answers.ts'
import { limits } from '../../kernel/limits.ts'
import { startTestApi, type TestApi, testPipeline } from '../rig.suite.ts'
import { connectLive, key, listen, newTopic, refusedLive, upTo, watch } from './live-client.suite.ts'

describe('a connection', () => {
  test('is welcomed with its limits', async () => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    const { limits: told, version } = await client.next('welcome')
    expect(version).toBe('0.0.0-test')
    expect(told).toMatchObject({ subscriptions: limits.live.subscriptionsMax, rows_per_update: 100 })
  })

  test.each([
    { says: 'no key', headers: {}, status: 401, code: 'UNAUTHENTICATED' },
    { says: 'a wrong key', headers: { authorization: 'Bearer no' }, status: 401, code: 'UNAUTHENTICATED' },
    {
      says: 'a page of another origin',
      headers: { ...key, origin: 'https://evil.example' },
      status: 403,
      code: 'ORIGIN_REFUSED',
    },
    { says: 'another name', headers: { ...key, host: 'evil.example' }, status: 421, code: 'HOST_REFUSED' },
  ])('with $says is refused like any call', async ({ headers, status, code }) => {
    await using api = await startTestApi()
    const refused = await refusedLive(await listen(api), headers)
    expect(refused).toMatchObject({ status, body: { code } })
  })

  test('from a page of this server is taken', async () => {
    await using api = await startTestApi()
    const address = await listen(api)
    await using client = await connectLive(address, { ...key, origin: address })
    expect(await client.next('welcome')).toMatchObject({ type: 'welcome' })
  })

  test('is a WebSocket, and an ordinary call is told so', async () => {
    await using api = await startTestApi()
    const plain = await api.server.inject({ url: '/api/live', headers: key })
    expect(plain.statusCode).toBe(426)
    expect(plain.json()).toMatchObject({ code: 'UPGRADE_REQUIRED' })
  })

  test.each([
    { says: 'another protocol', path: '/api/live', upgrade: 'h2c', status: 426 },
    { says: 'another path', path: '/api/topics', upgrade: 'websocket', status: 200 },
  ])('is not what an upgrade to $says gets: that is answered as ever', async ({ path, upgrade, status }) => {
    await using api = await startTestApi()
    const headers = { ...key, connection: 'upgrade', upgrade }
    const call = request(`${await listen(api)}${path}`, { headers }).end()
    const [answer] = await once(call, 'response')
    expect(answer).toMatchObject({ statusCode: status })
    call.destroy()
  })

  test.each([
    { says: 'reset', leave: (client: Socket) => client.resetAndDestroy() },
    { says: 'refused and never closed by its client', leave: () => undefined },
  ])('that is $says is let go of, and harms nobody', async ({ leave }) => {
    await using api = await startTestApi()
    const { host, hostname, port } = new URL(await listen(api))
    const closed = Promise.withResolvers<void>()
    const thrown: unknown[] = []
    const accepted = (message: unknown): void => {
      const socket: unknown =
        typeof message === 'object' && message !== null && 'socket' in message ? message.socket : null
      if (socket instanceof Socket) socket.once('close', () => closed.resolve())
    }
    const note = (error: unknown): number => thrown.push(error)
    subscribe('net.server.socket', accepted)
    process.on('uncaughtException', note)
    const client = connect({ port: Number(port), host: hostname, allowHalfOpen: true }).on(
      'error',
      () => undefined,
    )
    client.write(
      `GET /api/live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await once(client, 'data')
    leave(client)
    await closed.promise
    client.destroy()
    process.off('uncaughtException', note)
    unsubscribe('net.server.socket', accepted)
    expect(thrown).toEqual([])
  })

  test('is told that the server stops', async () => {
    const api = await startTestApi()
    await using client = await connectLive(await listen(api))
    await newTopic(api, 'orders')
    await watch(client, 'orders')
    await api.server.close(5_000)
    expect(await client.closed).toBe(1001)
  })
})

describe('what a client sends', () => {
  test.each([
    { says: 'no JSON', sent: '{', code: 'JSON_INVALID', id: null },
    { says: 'an unknown type', sent: '{"type":"dance","id":"7"}', code: 'REQUEST_INVALID', id: '7' },
    { says: 'a missing field', sent: '{"type":"subscribe","id":"7"}', code: 'REQUEST_INVALID', id: '7' },
    { says: 'a nest', sent: '['.repeat(100), code: 'JSON_TOO_DEEP', id: null },
    { says: 'a list', sent: '[1]', code: 'REQUEST_INVALID', id: null },
  ])('is answered with an error where it is $says', async ({ sent, code, id }) => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    client.socket.send(sent)
    expect(await client.next('error')).toMatchObject({ code, id, ended: false })
  })

  test('ends the connection where it goes on being garbage, or is too large', async () => {
    await using api = await startTestApi()
    const address = await listen(api)
    await using noisy = await connectLive(address)
    for (const _ of upTo(100)) noisy.socket.send(Buffer.from([0, 1, 2]), { binary: true })
    expect(await noisy.closed).toBe(1008)
    await using large = await connectLive(address)
    large.socket.on('error', () => undefined)
    large.socket.send('x'.repeat(limits.live.messageBytesMax + 1))
    expect(await large.closed).toBe(1009)
  })

  test.each([
    { says: 'an unknown channel', channel: 'gossip', params: {}, code: 'NOT_FOUND' },
    { says: 'a missing parameter', channel: 'topic', params: {}, code: 'REQUEST_INVALID' },
    {
      says: 'an unknown parameter',
      channel: 'pipelines',
      params: { colour: 'red' },
      code: 'REQUEST_INVALID',
    },
    { says: 'a topic that is not there', channel: 'messages', params: { topic: 'no' }, code: 'NOT_FOUND' },
  ])('asking for $says is no subscription', async ({ channel, params, code }) => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 's', channel, params })
    expect(await client.next('error')).toMatchObject({ id: 's', code, ended: true })
  })

  test('may watch so many things and no more', async () => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    for (const i of upTo(limits.live.subscriptionsMax + 1)) {
      client.send({ type: 'subscribe', id: String(i), channel: 'overview' })
    }
    expect(await client.next('error')).toMatchObject({
      id: String(limits.live.subscriptionsMax),
      code: 'TOO_BUSY',
    })
  })
})

describe('a state channel', () => {
  test('sends what its entry answers, and again when that changed', async () => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    const first = await client.next('update')
    const answer = await api.server.inject({ url: '/api/pipelines', headers: key })
    expect(first.data).toMatchObject({ data: answer.json<{ data: unknown[] }>().data, count: 2 })
    await api.server.inject({ method: 'POST', url: '/api/pipelines/orders/pause', headers: key })
    const second = await client.next('update')
    expect(second.seq).toBeGreaterThan(first.seq)
    expect(second.data).toMatchObject({ data: [{}, { name: 'orders', state: 'paused' }] })
  })

  test('is not sent again to who comes back and has it', async () => {
    await using api = await startTestApi()
    const address = await listen(api)
    await using stays = await connectLive(address)
    stays.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    const { seq } = await stays.next('update')
    await using back = await connectLive(address)
    back.send({ type: 'subscribe', id: 'p', channel: 'pipelines', after: seq })
    expect(await back.next('subscribed')).toMatchObject({ resumed: true, seq })
    await api.server.inject({ method: 'POST', url: '/api/pipelines/orders/pause', headers: key })
    await back.next('update')
    expect(back.received.filter(({ type }) => type === 'update')).toHaveLength(1)
  })

  test('tells once that it fails, and sends again when it does not', async () => {
    await using api = await startTestApi()
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 't', channel: 'topic', params: { name: 'later' } })
    expect(await client.next('error')).toMatchObject({ id: 't', code: 'NOT_FOUND', ended: false })
    await newTopic(api, 'later')
    expect((await client.next('update')).data).toMatchObject({ name: 'later' })
    expect(client.received.filter(({ type }) => type === 'error')).toHaveLength(1)
  })

  test('is asked for once, however many watch, and not at all when nobody does', async () => {
    let calls = 0
    const pipelines = {
      list: async () => {
        calls++
        return [testPipeline('readings')]
      },
    }
    await using plain = await startTestApi()
    await using api = await startTestApi({ pipelines: { ...plain.pipelines, ...pipelines } })
    const address = await listen(api)
    const clients = await Promise.all(upTo(50).map(() => connectLive(address)))
    for (const client of clients) client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    await Promise.all(clients.map((client) => client.next('update')))
    // Fifty pollers would have asked fifty times for these fifty updates.
    expect(calls).toBeLessThan(25)
    for (const client of clients) client.send({ type: 'unsubscribe', id: 'p' })
    const [first] = clients
    first?.send({ type: 'subscribe', id: 't', channel: 'topics' })
    await first?.next('update')
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
    const before = calls
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(calls).toBe(before)
  })
})

describe('permissions', () => {
  const reader = (
    ...permissions: Exclude<Principal['permissions'], 'all'> extends ReadonlySet<infer P> ? P[] : never
  ): Principal => ({
    kind: 'anonymous',
    name: 'reader',
    permissions: new Set(permissions),
  })

  test('are asked for by channel', async () => {
    await using api = await startTestApi({ authenticate: () => reader('pipelines:read') })
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    await client.next('update')
    client.send({ type: 'subscribe', id: 'm', channel: 'messages', params: { topic: 'orders' } })
    const refused = await client.next('error')
    expect(refused).toMatchObject({ id: 'm', ended: true })
    expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(refused.code)
  })

  test('that are taken away end the subscription', async () => {
    let principal: Principal = reader('pipelines:read', 'topics:read')
    await using api = await startTestApi({ authenticate: () => principal })
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    client.send({ type: 'subscribe', id: 't', channel: 'topics' })
    await client.next('update', ({ id }) => id === 't')
    principal = reader('topics:read')
    expect(await client.next('error')).toMatchObject({ id: 'p', ended: true })
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  }, 30_000)
})

describe('a browser', () => {
  /** Signs in with a link; resolves to what a page's socket would bring, and what changes need. */
  const signIn = async (api: TestApi, address: string) => {
    const headers = { ...key, host: new URL(address).host }
    const made = await api.server.inject({ method: 'POST', url: '/api/session/links', headers })
    const answer = await api.server.inject({
      method: 'POST',
      url: '/api/session',
      headers: { host: headers.host, origin: address },
      payload: { token: made.json<{ path: string }>().path.replace('/signin#', '') },
    })
    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
    return { page: { cookie, origin: address }, csrf: answer.json<{ csrf_token: string }>().csrf_token }
  }

  test.each(['none', 'read'] as const)(
    'that signs out loses its connection, where nobody else may read: %s',
    async (anonymous) => {
      await using api = await startTestApi({ anonymous })
      const address = await listen(api)
      const { page, csrf } = await signIn(api, address)
      await using client = await connectLive(address, page)
      client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
      await client.next('update')
      await fetch(`${address}/api/session`, {
        method: 'DELETE',
        headers: { cookie: page.cookie, 'x-csrf-token': csrf },
      })
      expect(await client.closed).toBe(4401)
    },
    30_000,
  )

  test('that is not signed in may watch what anybody may read', async () => {
    await using api = await startTestApi({ anonymous: 'read' })
    const address = await listen(api)
    await using client = await connectLive(address, { origin: address })
    client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    expect(await client.next('update')).toMatchObject({ id: 'p' })
  })

  test('with a session does not lend it to a page of another server', async () => {
    await using api = await startTestApi()
    const address = await listen(api)
    const { page } = await signIn(api, address)
    const refused = await refusedLive(address, { ...page, origin: 'http://localhost:1' })
    expect(refused).toMatchObject({ status: 403 })
  })
})
