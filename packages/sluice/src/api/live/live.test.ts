import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../../contract/answers.ts'
import { fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { memoryKafka } from '../memory-kafka.suite.ts'
import { startTestApi, type TestApi, testKey, testPipeline } from '../rig.suite.ts'
import { connectLive, type LiveClient, refusedLive } from './live-client.suite.ts'

const key = { authorization: `Bearer ${testKey}` }

const listen = (api: TestApi): Promise<string> => api.server.listen({ host: '127.0.0.1', port: 0 }, false)

const newTopic = (api: TestApi, name: string, partitions = 1) =>
  api.server.inject({ method: 'POST', url: '/api/topics', headers: key, payload: { name, partitions } })

const write = (api: TestApi, topic: string, values: readonly unknown[], partition = 0) =>
  api.server.inject({
    method: 'POST',
    url: `/api/topics/${topic}/messages`,
    headers: key,
    payload: { records: values.map((value) => ({ value, partition })) },
  })

const watch = async (client: LiveClient, topic: string, after?: number): Promise<number> => {
  client.send({
    type: 'subscribe',
    id: 'tail',
    channel: 'messages',
    params: { topic },
    ...(after === undefined ? {} : { after }),
  })
  return (await client.next('subscribed')).seq
}

const isRow = (value: unknown): value is { readonly value: unknown } =>
  typeof value === 'object' && value !== null && 'value' in value

/** Values of all rows that came, and how many were told as dropped. */
const rowsOf = (client: LiveClient): { readonly values: unknown[]; readonly dropped: number } => {
  const updates = client.received.flatMap((message) => (message.type === 'update' ? [message] : []))
  const values = updates.flatMap(({ data }) =>
    Array.isArray(data) ? data.flatMap((row: unknown) => (isRow(row) ? [row.value] : [])) : [],
  )
  return { values, dropped: updates.reduce((sum, { dropped }) => sum + dropped, 0) }
}

const until = async (holds: () => boolean): Promise<void> => {
  const endMs = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('it did not come to hold')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

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

describe('a tail', () => {
  test('brings what is written from now on, as reading the topic would', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await write(api, 'orders', ['before'])
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    await write(api, 'orders', [{ n: 1 }, { n: 2 }])
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client)).toEqual({ values: [{ n: 1 }, { n: 2 }], dropped: 0 })
    const page = await api.server.inject({ url: '/api/topics/orders/messages?from=offset:1', headers: key })
    const updates = client.received.flatMap((one) => (one.type === 'update' ? [one.data] : []))
    expect(updates.flat()).toEqual(page.json<{ data: unknown[] }>().data)
  })

  test('goes on without a gap after a reconnect', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    const address = await listen(api)
    const first = await connectLive(address)
    await watch(first, 'orders')
    await write(api, 'orders', [1, 2])
    await until(() => rowsOf(first).values.length === 2)
    const seq = Math.max(...first.received.map((one) => (one.type === 'update' ? one.seq : 0)))
    await first[Symbol.asyncDispose]()
    await write(api, 'orders', [3, 4])
    await using second = await connectLive(address)
    expect(await watch(second, 'orders', seq)).toBe(seq)
    await write(api, 'orders', [5])
    await until(() => rowsOf(second).values.length === 3)
    expect(rowsOf(second)).toEqual({ values: ['3', '4', '5'], dropped: 0 })
  })

  test('begins anew where nobody knows the sequence', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    client.send({
      type: 'subscribe',
      id: 'tail',
      channel: 'messages',
      params: { topic: 'orders' },
      after: 12,
    })
    expect(await client.next('subscribed')).toMatchObject({ resumed: false })
  })

  test('starts where it is told to', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders', 2)
    await write(api, 'orders', [1, 2, 3], 1)
    await using client = await connectLive(await listen(api))
    const params = { topic: 'orders', from: 'at:1=1' }
    client.send({ type: 'subscribe', id: 'tail', channel: 'messages', params })
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client).values).toEqual(['2', '3'])
  })

  test('that is paused keeps what comes, as long as there is room', async () => {
    await using api = await startTestApi()
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    client.send({ type: 'pause', id: 'tail' })
    await write(api, 'orders', [1, 2])
    // An answer to something else shows that the pause was heard and time went by.
    client.send({ type: 'subscribe', id: 'o', channel: 'topic', params: { name: 'orders' } })
    await client.next('update', ({ id }) => id === 'o')
    expect(rowsOf(client).values).toEqual([])
    client.send({ type: 'resume', id: 'tail' })
    await until(() => rowsOf(client).values.length === 2)
    expect(rowsOf(client)).toEqual({ values: ['1', '2'], dropped: 0 })
  })

  test('of more than may be sent is sampled, and every row is accounted for', async () => {
    await using api = await startTestApi({ kafka: memoryKafka(1_000) })
    await newTopic(api, 'orders')
    await using client = await connectLive(await listen(api))
    await watch(client, 'orders')
    await write(api, 'orders', upTo(3_000))
    await until(() => rowsOf(client).values.length + rowsOf(client).dropped === 3_000)
    const { values, dropped } = rowsOf(client)
    expect(values.at(-1)).toBe('2999')
    expect(values.length + dropped).toBe(3_000)
    const sizes = client.received.flatMap((one) =>
      one.type === 'update' && Array.isArray(one.data) ? [one.data.length] : [],
    )
    expect(Math.max(...sizes)).toBe(limits.live.rowsPerUpdateMax)
  })

  test('for a client that does not read harms nobody, and is told what it missed', async () => {
    await using api = await startTestApi({ kafka: memoryKafka(1_000) })
    await newTopic(api, 'orders')
    const address = await listen(api)
    await using slow = await connectLive(address)
    await using quick = await connectLive(address)
    await watch(slow, 'orders')
    await watch(quick, 'orders')
    slow.socket.pause()
    const text = 'x'.repeat(900)
    const rounds = 60
    for (const round of upTo(rounds)) {
      await write(
        api,
        'orders',
        upTo(100).map((n) => `${round}-${n}-${text}`),
      )
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const total = rounds * 100
    await until(() => rowsOf(quick).values.length + rowsOf(quick).dropped === total)
    slow.socket.resume()
    await until(() => rowsOf(slow).values.length + rowsOf(slow).dropped === total)
    expect(rowsOf(slow).values.length).toBeLessThan(total)
  }, 30_000)
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

  test('that are taken away end the subscription, and a session that ended ends the connection', async () => {
    let principal: Principal | null = reader('pipelines:read', 'topics:read')
    await using api = await startTestApi({
      authenticate: () => {
        if (principal === null) throw fault('UNAUTHENTICATED', { keyFile: 'x' })
        return principal
      },
    })
    await using client = await connectLive(await listen(api))
    client.send({ type: 'subscribe', id: 'p', channel: 'pipelines' })
    client.send({ type: 'subscribe', id: 't', channel: 'topics' })
    await client.next('update', ({ id }) => id === 't')
    principal = reader('topics:read')
    expect(await client.next('error')).toMatchObject({ id: 'p', ended: true })
    principal = null
    expect(await client.closed).toBe(4401)
  }, 30_000)
})
