import { describe, expect, test } from 'vitest'
import { control } from './memory-kafka.suite.ts'
import { startTestApi, type TestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }

interface PageBody {
  readonly data: { partition: number; offset: string; value: unknown; key: string | null }[]
  readonly next: string
  readonly follow_from: string
  readonly at_end: boolean
  readonly scanned: number
  readonly matched: number
  readonly remaining: string
  readonly unjudged: number
}

const createTopic = (api: TestApi, name: string, partitions: number) =>
  api.server.inject({ method: 'POST', url: '/api/topics', headers, payload: { name, partitions } })

const produce = (api: TestApi, name: string, records: readonly unknown[]) =>
  api.server.inject({ method: 'POST', url: `/api/topics/${name}/messages`, headers, payload: { records } })

const read = async (api: TestApi, name: string, query: string): Promise<PageBody> => {
  const answer = await api.server.inject({ url: `/api/topics/${name}/messages?${query}`, headers })
  expect(answer.statusCode).toBe(200)
  return answer.json<PageBody>()
}

describe('topics', () => {
  test('are created, listed, shown and deleted, and each is in the audit log', async () => {
    await using api = await startTestApi()
    const created = await createTopic(api, 'plain', 2)
    expect(created.statusCode).toBe(201)
    expect(created.json()).toMatchObject({ topic_name: 'plain', status: 'active', partitions: 2 })
    const listed = await api.server.inject({ url: '/api/topics', headers })
    expect(listed.json()).toMatchObject({ count: 1, data: [{ name: 'plain', topic_name: 'plain' }] })
    const shown = await api.server.inject({ url: '/api/topics/plain', headers })
    expect(shown.json()).toMatchObject({ messages: '0', replication_factor: 1 })
    const again = await createTopic(api, 'plain', 2)
    expect(again.statusCode).toBe(409)
    const deleted = await api.server.inject({ method: 'DELETE', url: '/api/topics/plain', headers })
    expect(deleted.statusCode).toBe(200)
    expect(
      api.audit.map(({ action, resource, outcome, actor }) => [action, resource, outcome, actor]),
    ).toEqual([
      ['topic.created', 'topic plain', 'done', 'admin'],
      ['topic.created', 'topic plain', 'refused', 'admin'],
      ['topic.deleted', 'topic plain', 'done', 'admin'],
    ])
  })

  test('are not deleted while pipelines use them, unless forced', async () => {
    await using api = await startTestApi()
    await createTopic(api, 'orders', 1)
    const refused = await api.server.inject({ method: 'DELETE', url: '/api/topics/orders', headers })
    expect(refused.statusCode).toBe(409)
    expect(refused.json<{ error: string }>().error).toContain('is used by orders')
    const forced = await api.server.inject({
      method: 'DELETE',
      url: '/api/topics/orders?force=true',
      headers,
    })
    expect(forced.json()).toMatchObject({ affected: ['orders'] })
  })

  test.each(['123', '', '..', 'a b', 'ü', 'a'.repeat(250)])('are not named %j', async (name) => {
    await using api = await startTestApi()
    const answer = await createTopic(api, name, 1)
    expect(answer.statusCode).toBe(400)
  })
})

describe('writing messages', () => {
  test('answers with partition and offset of each', async () => {
    await using api = await startTestApi()
    await createTopic(api, 'a', 2)
    const answer = await produce(api, 'a', [
      { key: 'k', value: { n: 1 } },
      { value: 'text', partition: 1 },
      { value: null },
    ])
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toMatchObject({
      count: 3,
      data: [
        { partition: 0, offset: '0' },
        { partition: 1, offset: '0' },
        { partition: 0, offset: '1' },
      ],
    })
    expect(api.audit.at(-1)).toMatchObject({ action: 'topic.written', details: { records: 3 } })
  })

  test('keeps every digit of numbers, on the way in and out', async () => {
    await using api = await startTestApi()
    await createTopic(api, 'a', 1)
    const value = '{"id":12345678901234567890,"price":0.1000000000000000055}'
    await api.server.inject({
      method: 'POST',
      url: '/api/topics/a/messages',
      headers: { ...headers, 'content-type': 'application/json' },
      payload: `{"records":[{"value":${value}}]}`,
    })
    expect(api.kafka.topics.get('a')?.partitions[0]?.[0]?.value?.toString()).toBe(value)
    const page = await api.server.inject({ url: '/api/topics/a/messages', headers })
    expect(page.body).toContain(`"value":${value}`)
  })

  test.each([
    {
      says: 'a partition that is not there',
      record: { value: 1, partition: 9 },
      field: 'records.0.partition',
    },
    { says: 'broken base64', record: { value: '!', value_encoding: 'base64' }, field: 'records.0.value' },
    { says: 'no value', record: { key: 'k' }, field: 'records.0.value' },
  ])('refuses $says', async ({ record, field }) => {
    await using api = await startTestApi()
    await createTopic(api, 'a', 1)
    const answer = await produce(api, 'a', [record])
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ details: { problems: [{ field }] } })
    expect(api.kafka.topics.get('a')?.partitions[0]).toEqual([])
  })
})

describe('reading messages', () => {
  const filled = async (): Promise<TestApi> => {
    const api = await startTestApi()
    await createTopic(api, 'a', 2)
    await produce(
      api,
      'a',
      Array.from({ length: 30 }, (_, n) => ({
        value: { n },
        partition: n % 2,
        timestamp: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
      })),
    )
    return api
  }

  test('gives the newest first', async () => {
    await using api = await filled()
    const page = await read(api, 'a', 'from=newest&limit=4')
    expect(page.data.map(({ value }) => value)).toEqual([{ n: 29 }, { n: 28 }, { n: 27 }, { n: 26 }])
    expect([page.next, page.follow_from, page.at_end]).toEqual(['before:0=13,1=13', 'at:0=15,1=15', false])
  })

  test.each([1, 4, 7, 30, 100])(
    'pages of %i from the oldest give every message once, in order',
    async (limit) => {
      await using api = await filled()
      const seen: string[] = []
      let from = 'earliest'
      for (let pages = 0; pages < 40; pages++) {
        const page = await read(api, 'a', `from=${encodeURIComponent(from)}&limit=${limit}`)
        seen.push(...page.data.map(({ partition, offset }) => `${partition}/${offset}`))
        from = page.next
        if (page.at_end) break
      }
      const all = Array.from({ length: 30 }, (_, n) => `${n % 2}/${n >> 1}`)
      expect(seen).toEqual(all)
    },
  )

  test.each([
    { says: 'an offset', query: 'from=offset:13', first: ['0/13', '1/13', '0/14', '1/14'] },
    { says: 'a time', query: 'from=time:2026-01-01T00:00:27Z', first: ['1/13', '0/14', '1/14'] },
    { says: 'milliseconds', query: `from=time:${Date.UTC(2026, 0, 1) + 28_000}`, first: ['0/14', '1/14'] },
    { says: 'one partition', query: 'from=offset:13&partition=1', first: ['1/13', '1/14'] },
    { says: 'the end', query: 'from=latest', first: [] },
    { says: 'beyond the end', query: 'from=offset:99', first: [] },
  ])('starts at $says', async ({ query, first }) => {
    await using api = await filled()
    const page = await read(api, 'a', query)
    expect(page.data.map(({ partition, offset }) => `${partition}/${offset}`)).toEqual(first)
    expect(page.at_end).toBe(true)
  })

  test.each(['from=yesterday', 'from=time:soon', 'limit=0', 'limit=1001', 'partition=9', 'from=offset:-1'])(
    'refuses %s with the reason',
    async (query) => {
      await using api = await filled()
      const answer = await api.server.inject({ url: `/api/topics/a/messages?${query}`, headers })
      expect(answer.statusCode).toBe(400)
      expect(answer.json<{ details: { problems: unknown[] } }>().details.problems).toHaveLength(1)
    },
  )

  test('goes on over marks of transactions, also at the end of a topic', async () => {
    await using api = await startTestApi()
    await createTopic(api, 'a', 1)
    const marks = Array.from({ length: 20 }, () => ({ ...control, topic: 'a', partition: 0 }))
    await produce(api, 'a', [{ value: 'first' }])
    await api.kafka.writer.send(marks)
    await produce(api, 'a', [{ value: 'second' }])
    await api.kafka.writer.send(marks)
    const page = await read(api, 'a', 'from=earliest')
    expect(page.data.map(({ offset }) => offset)).toEqual(['0', '21'])
    expect([page.next, page.at_end]).toEqual(['at:0=42', true])
  })

  test.each([
    { says: 'a document', value: '{"a":[1]}', told: { value: { a: [1] }, value_encoding: 'json' } },
    { says: 'text', value: 'plain', told: { value: 'plain', value_encoding: 'utf8' } },
    { says: 'half a document', value: '{"a":', told: { value: '{"a":', value_encoding: 'utf8' } },
    { says: 'bytes', value: '/w==', encoding: 'base64', told: { value: '/w==', value_encoding: 'base64' } },
    { says: 'a tombstone', value: null, told: { value: null, value_encoding: null } },
  ])('shows $says as what it is', async ({ value, encoding, told }) => {
    await using api = await startTestApi()
    await createTopic(api, 'a', 1)
    await produce(api, 'a', [{ value, ...(encoding === undefined ? {} : { value_encoding: encoding }) }])
    const page = await read(api, 'a', '')
    expect(page.data[0]).toMatchObject(told)
  })
})

test('following gives what is there and what comes, one document a line, until the client hangs up', async () => {
  await using api = await startTestApi()
  await createTopic(api, 'a', 1)
  await produce(api, 'a', [{ value: { n: 0 } }])
  const address = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  const hangUp = new AbortController()
  const stream = await fetch(`${address}/api/topics/a/messages/follow?from=earliest`, {
    headers,
    signal: hangUp.signal,
  })
  expect(stream.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
  const lines: string[] = []
  let more = true
  for await (const chunk of stream.body ?? []) {
    lines.push(...Buffer.from(chunk).toString().trim().split('\n'))
    if (more) await produce(api, 'a', [{ value: { n: 1 } }])
    more = false
    if (lines.length === 2) break
  }
  hangUp.abort()
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { offset: '0', value: { n: 0 } },
    { offset: '1', value: { n: 1 } },
  ])
})
