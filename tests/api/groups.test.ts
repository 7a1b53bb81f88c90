import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kafka } from '../../packages/sluice/src/api/ports.ts'
import { startTestApi, type TestApi, testKey } from '../../packages/sluice/src/api/rig.suite.ts'
import type { AnswerOf } from '../../packages/sluice/src/contract/endpoint.ts'
import type { contract } from '../../packages/sluice/src/contract/index.ts'
import { until } from '../broker/group-clients.ts'
import { clientOf, describeBrokers, uniqueName } from '../kafka/brokers.ts'

type Groups = AnswerOf<typeof contract.groups.endpoints.list>
type Group = AnswerOf<typeof contract.groups.endpoints.show>
type Moved = AnswerOf<typeof contract.groups.endpoints.reset>
type Topics = AnswerOf<typeof contract.topics.endpoints.list>
type Topic = AnswerOf<typeof contract.topics.endpoints.show>

describeBrokers('topics and groups as a Kafka client of others counts them', (broker) => {
  let api: TestApi
  let client: KafkaJs
  const parts: AsyncDisposable[] = []
  beforeAll(async () => {
    const own = clientOf(broker())
    const [admin, writer, peek] = await Promise.all([own.admin(), own.writer(), own.peek()])
    parts.push(admin, writer, peek)
    const kafka: Kafka = { admin, writer, peek, openPeek: () => own.peek() }
    api = await startTestApi({ kafka })
    const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 50 }
    client = new KafkaJs({
      clientId: 'billing-app',
      brokers: [broker().address],
      logLevel: logLevel.NOTHING,
      retry,
    })
  })
  afterAll(async () => {
    await api[Symbol.asyncDispose]()
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()))
  })

  const headers = { authorization: `Bearer ${testKey}` }
  const get = async <Body>(url: string): Promise<Body> =>
    (await api.server.inject({ url, headers })).json<Body>()
  const send = (method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) =>
    api.server.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  const showGroup = (name: string): Promise<Group> => get(`/api/groups/${encodeURIComponent(name)}`)

  const withAdmin = async <Result>(
    ask: (admin: ReturnType<KafkaJs['admin']>) => Promise<Result>,
  ): Promise<Result> => {
    const admin = client.admin()
    await admin.connect()
    try {
      return await ask(admin)
    } finally {
      await admin.disconnect()
    }
  }

  /** By partition: what is committed, and what the end is, as the other client sees it. */
  const recount = (group: string, topic: string) =>
    withAdmin(async (admin) => {
      const ends = new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]),
      )
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return (committed?.partitions ?? [])
        .map(({ partition, offset }) => ({ partition, committed: offset, latest: ends.get(partition) }))
        .toSorted((a, b) => a.partition - b.partition)
    })

  const produce = async (topic: string, partition: number, count: number, fromMs: number): Promise<void> => {
    const producer = client.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const messages = Array.from({ length: count }, (_, i) => ({
      partition,
      value: `v${i}`,
      timestamp: String(fromMs + i * 1_000),
    }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  const startMs = Date.UTC(2026, 0, 31, 12)

  const committedOf = async (group: string, topic: string): Promise<string[]> =>
    (await recount(group, topic)).map(({ committed }) => committed)

  test('lag, members and seconds of a member that stops in the middle', async () => {
    const [topic, group] = [uniqueName('bills'), `${uniqueName('billing')}/a b`]
    await withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true }),
    )
    for (const [partition, count] of [200, 30, 7].entries()) await produce(topic, partition, count, startMs)
    const consumer = client.consumer({ groupId: group, heartbeatInterval: 500, maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const stops = new Map([
      [0, 120n],
      [1, 30n],
      [2, 7n],
    ])
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const next = BigInt(message.offset) + 1n
        if (next <= (stops.get(partition) ?? 0n)) {
          await consumer.commitOffsets([{ topic, partition, offset: String(next) }])
        }
      },
    })
    await until('everything was read', async () => {
      const committed = await committedOf(group, topic)
      return committed.join() === '120,30,7'
    })
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    const shown = await showGroup(group)
    const counted = await recount(group, topic)
    expect(
      shown.partition_states.map(({ partition, committed, latest }) => ({ partition, committed, latest })),
    ).toEqual(counted)
    const lags = counted.map(({ committed, latest }) => Number(BigInt(latest ?? 0) - BigInt(committed)))
    expect(shown.partition_states.map(({ lag }) => lag)).toEqual(lags)
    expect(shown).toMatchObject({
      state: 'stable',
      members: 1,
      topics: [topic],
      lag: { records: lags.reduce((sum, lag) => sum + lag, 0) },
      pipeline: null,
      member_states: [{ client_id: 'billing-app', lag_records: 80 }],
    })
    expect(shown.member_states[0]?.host).toMatch(/^(127\.0\.0\.1|::1|0:0:0:0:0:0:0:1)$/)
    expect(shown.member_states[0]?.partitions).toHaveLength(3)
    // What is read next is number 120 of partition 0: two minutes after the first.
    const behind = Date.now() / 1_000 - (startMs / 1_000 + 120)
    expect(Math.abs((shown.lag?.seconds ?? 0) - behind)).toBeLessThan(60)
    expect(shown.partition_states[1]).toMatchObject({ lag: 0, seconds: 0, client_id: 'billing-app' })
    const { data } = await get<Groups>('/api/groups')
    expect(data.find(({ name }) => name === group)).toMatchObject({ lag: { records: 80 }, members: 1 })
    const { data: topics } = await get<Topics>(`/api/topics?search=${topic}`)
    expect(topics).toMatchObject([
      { name: topic, messages: '237', groups: [group], last_write_at: '2026-01-31T12:03:19.000Z' },
    ])
    expect(topics[0]?.size_bytes).toBeGreaterThan(237)

    const url = `/api/groups/${encodeURIComponent(group)}/reset`
    const refused = await send('POST', url, { topic, to: 'earliest', dry_run: false })
    expect(refused.statusCode).toBe(409)
    expect(refused.body).toContain('billing-app on ')
    expect((await send('DELETE', `/api/groups/${encodeURIComponent(group)}`)).statusCode).toBe(409)
    await consumer.disconnect()
    const planned = (
      await send('POST', url, { topic, to: 'time', time: '2026-01-31T12:00:10Z' })
    ).json<Moved>()
    expect(planned.moves.map(({ before, after, records }) => [before, after, records])).toEqual([
      ['120', '10', -110],
      ['30', '10', -20],
      ['7', '7', 0],
    ])
    expect(await committedOf(group, topic)).toEqual(['120', '30', '7'])
    for (const { to, expected } of [
      { to: { to: 'time', time: '2026-01-31T12:00:10Z' }, expected: ['10', '10', '7'] },
      { to: { to: 'offset', offset: '150', partitions: [0] }, expected: ['150', '10', '7'] },
      { to: { to: 'earliest', partitions: [1, 2] }, expected: ['150', '0', '0'] },
      { to: { to: 'latest' }, expected: ['200', '30', '7'] },
    ]) {
      const done = await send('POST', url, { topic, ...to, dry_run: false })
      expect(done.json<Moved>().applied).toBe(true)
      expect(await committedOf(group, topic)).toEqual(expected)
    }
    expect(await showGroup(group)).toMatchObject({ lag: { records: 0 }, state: 'empty', verdict: 'idle' })
    expect((await send('DELETE', `/api/groups/${encodeURIComponent(group)}`)).statusCode).toBe(200)
    const left = await withAdmin((admin) => admin.listGroups())
    expect(left.groups.map(({ groupId }) => groupId)).not.toContain(group)
    expect((await send('DELETE', `/api/groups/${encodeURIComponent(group)}`)).statusCode).toBe(404)
  })

  test('settings and partitions are changed as another client reads them', async () => {
    const topic = uniqueName('kept')
    await withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }),
    )
    const settings = { 'retention.ms': '86400000', 'max.message.bytes': '2000000' }
    const url = `/api/topics/${topic}/settings`
    const ownOf = async (): Promise<Record<string, string>> => {
      const described = await withAdmin((admin) =>
        admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] }),
      )
      const entries = described.resources[0]?.configEntries ?? []
      return Object.fromEntries(
        entries
          .filter(({ configName }) => configName in settings)
          .map(({ configName, configValue }) => [configName, configValue]),
      )
    }
    const before = await ownOf()
    expect((await send('PUT', url, { settings })).json()).toMatchObject({ applied: false })
    expect(await ownOf()).toEqual(before)
    const bad = await send('PUT', url, { settings: { 'retention.ms': 'soon' } })
    expect(bad.statusCode).toBe(422)
    expect(bad.body).toContain('retention.ms')
    await send('PUT', url, { settings, dry_run: false })
    expect(await ownOf()).toEqual(settings)
    expect((await get<Topic>(`/api/topics/${topic}`)).own_settings).toEqual(
      expect.arrayContaining(Object.keys(settings)),
    )
    const back = { 'retention.ms': null }
    const taken = await send('PUT', url, { settings: back, dry_run: false })
    expect(taken.json()).toMatchObject({
      changes: [{ name: 'retention.ms', before: '86400000', after: before['retention.ms'] }],
    })
    expect(await ownOf()).toEqual({ ...before, 'max.message.bytes': '2000000' })

    expect((await send('POST', `/api/topics/${topic}/partitions`, { partitions: 4 })).json()).toMatchObject({
      before: 1,
      after: 4,
    })
    const offsets = await withAdmin((admin) => admin.fetchTopicOffsets(topic))
    expect(offsets).toHaveLength(4)
    expect((await send('POST', `/api/topics/${topic}/partitions`, { partitions: 3 })).statusCode).toBe(409)
  })

  test('what is written shows as a rate, and a group that follows keeps up', async () => {
    const [topic, group] = [uniqueName('flow'), uniqueName('follower')]
    await withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }),
    )
    const consumer = client.consumer({ groupId: group, heartbeatInterval: 500, maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitInterval: 200, eachMessage: () => Promise.resolve() })
    let written = 0
    await until('a rate and a verdict', async () => {
      await produce(topic, written % 2, 10, Date.now())
      written += 10
      const { data } = await get<Topics>(`/api/topics?search=${topic}`)
      const found = (await get<Groups>('/api/groups')).data.find(({ name }) => name === group)
      return (data[0]?.in_per_second ?? 0) > 0 && found?.verdict === 'keeping_up'
    })
    await consumer.disconnect()
    const offsets = await withAdmin((admin) => admin.fetchTopicOffsets(topic))
    const counted = offsets.reduce((sum, { high, low }) => sum + BigInt(high) - BigInt(low), 0n)
    expect(counted).toBe(BigInt(written))
    await until('the catalogue tells it', async () => {
      const { data } = await get<Topics>(`/api/topics?search=${topic}`)
      return data[0]?.messages === String(counted)
    })
  })
})
