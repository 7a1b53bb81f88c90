import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }

let api: TestApi
beforeEach(async () => {
  api = await startTestApi()
  const make = (name: string, partitions: number) =>
    api.kafka.admin.createTopic({
      name,
      partitions,
      replicationFactor: 1,
      configs: { 'retention.ms': '1000' },
    })
  await make('readings', 2)
  await make('Orders-in', 1)
  await make('__consumer_offsets', 1)
})
afterEach(() => api[Symbol.asyncDispose]())

const get = (url: string) => api.server.inject({ url, headers })
interface Listed {
  readonly data: readonly { readonly name: string; readonly last_write_at: string | null }[]
  readonly count: number
}
const list = async (query = ''): Promise<Listed> => (await get(`/api/topics${query}`)).json<Listed>()
const send = (method: 'PUT' | 'POST', url: string, payload: object) =>
  api.server.inject({ method, url, headers, payload })

describe('the catalogue', () => {
  test('tells what topics hold and who uses them', async () => {
    const timeMs = Date.UTC(2026, 0, 31, 12)
    const record = { topic: 'readings', key: null, value: Buffer.from('1'), headers: [] }
    await api.kafka.writer.send([
      { ...record, partition: 0, timeMs },
      { ...record, partition: 1, timeMs: timeMs + 5 },
    ])
    const offsets = new Map([['readings', new Map([[0, 1n]])]])
    api.kafka.groups.set('billing', { members: [], offsets })
    const { data } = await list()
    expect(data).toMatchObject([
      { name: 'Orders-in', messages: '0', last_write_at: null, groups: [] },
      {
        name: 'readings',
        partitions: 2,
        messages: '2',
        size_bytes: null,
        in_per_second: null,
        last_write_at: '2026-01-31T12:00:00.005Z',
        groups: ['billing'],
        read_by: ['readings'],
        written_by: [],
      },
    ])
  })

  test.each([
    { query: '?search=ORDERS', names: ['Orders-in'] },
    { query: '?search=s', names: ['Orders-in', 'readings'] },
    { query: '?internal=true&search=_', names: ['__consumer_offsets'] },
    { query: '?search=nothing', names: [] },
  ])('is searched: $query', async ({ query, names }) => {
    const { data, count } = await list(query)
    expect(data.map(({ name }) => name)).toEqual(names)
    expect(count).toBe(names.length)
  })

  test('shows what was just made or deleted, though looks are shared', async () => {
    await get('/api/topics')
    await send('POST', '/api/topics', { name: 'new' })
    expect((await list('?search=new')).count).toBe(1)
    await api.server.inject({ method: 'DELETE', url: '/api/topics/new', headers })
    expect((await list('?search=new')).count).toBe(0)
  })

  test('a time that no date can tell is unknown', async () => {
    const record = { topic: 'readings', partition: 0, key: null, value: null, headers: [] }
    await api.kafka.writer.send([{ ...record, timeMs: 9e18 }])
    expect((await list('?search=readings')).data[0]?.last_write_at).toBeNull()
  })

  test('one tells which settings are its own', async () => {
    expect((await get('/api/topics/readings')).json()).toMatchObject({
      settings: { 'retention.ms': '1000', 'cleanup.policy': 'delete' },
      own_settings: ['retention.ms'],
      read_by: ['readings'],
    })
  })
})

describe('settings', () => {
  const change = (payload: object) => send('PUT', '/api/topics/readings/settings', payload)

  test('are changed only when it is said, one by one', async () => {
    const settings = { 'retention.ms': null, 'cleanup.policy': 'compact' }
    const changes = [
      { name: 'retention.ms', before: '1000', after: '604800000' },
      { name: 'cleanup.policy', before: 'delete', after: 'compact' },
    ]
    expect((await change({ settings })).json()).toMatchObject({ applied: false, changes })
    expect(api.kafka.topics.get('readings')?.configs).toEqual({ 'retention.ms': '1000' })
    expect((await change({ settings, dry_run: false })).json()).toEqual({
      message: '2 settings of readings changed.',
      topic_name: 'readings',
      applied: true,
      changes,
    })
    expect(api.kafka.topics.get('readings')?.configs).toEqual({ 'cleanup.policy': 'compact' })
    expect(api.audit.map(({ action, resource }) => [action, resource])).toEqual([
      ['topic.settings_changed', 'topic readings'],
      ['topic.settings_changed', 'topic readings'],
    ])
  })

  test.each([
    { name: 'one that Kafka refuses', topic: 'readings', settings: { 'no.such': '1' }, status: 422 },
    { name: 'a topic that is not there', topic: 'nothing', settings: { 'retention.ms': '1' }, status: 404 },
    { name: 'a topic of Kafka’s own', topic: '__consumer_offsets', settings: { a: '1' }, status: 409 },
    { name: 'none at all', topic: 'readings', settings: {}, status: 400 },
  ])('$name: $status', async ({ topic, settings, status }) => {
    const answer = await send('PUT', `/api/topics/${topic}/settings`, { settings })
    expect(answer.statusCode).toBe(status)
  })
})

describe('partitions', () => {
  test('are told before and after', async () => {
    const answer = await send('POST', '/api/topics/readings/partitions', { partitions: 5 })
    expect(answer.json()).toMatchObject({ before: 2, after: 5 })
  })

  test.each([
    { topic: 'readings', partitions: 5, status: 200, now: 5 },
    { topic: 'readings', partitions: 2, status: 409, now: 2 },
    { topic: 'readings', partitions: 1, status: 409, now: 2 },
    { topic: 'nothing', partitions: 3, status: 404, now: undefined },
    { topic: '__consumer_offsets', partitions: 3, status: 409, now: 1 },
  ])('of $topic to $partitions: $status', async ({ topic, partitions, status, now }) => {
    const answer = await send('POST', `/api/topics/${topic}/partitions`, { partitions })
    expect(answer.statusCode).toBe(status)
    expect(api.kafka.topics.get(topic)?.partitions.length).toBe(now)
  })
})
