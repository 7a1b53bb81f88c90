import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnswerOf } from '../contract/endpoint.ts'
import type { contract } from '../contract/index.ts'
import type { GroupMemberState, OutgoingRecord } from '../flow/kafka-ports.ts'
import { startTestApi, type TestApi, testKey } from './rig.suite.ts'

const headers = { authorization: `Bearer ${testKey}` }
const startMs = Date.UTC(2026, 0, 31, 12)

let api: TestApi
beforeEach(async () => {
  api = await startTestApi()
  const { admin, writer } = api.kafka
  await admin.createTopic({ name: 'bills', partitions: 2, replicationFactor: 1, configs: {} })
  const records = Array.from(
    { length: 30 },
    (_, i): OutgoingRecord => ({
      topic: 'bills',
      partition: i % 3 === 0 ? 1 : 0,
      key: null,
      value: Buffer.from(String(i)),
      headers: [],
      timeMs: startMs + i * 1_000,
    }),
  )
  await writer.send(records)
})
afterEach(() => api[Symbol.asyncDispose]())

const member = (name: string, partitions: readonly number[]): GroupMemberState => ({
  memberId: `${name}-id`,
  instanceId: null,
  clientId: name,
  host: '10.0.0.7',
  topics: ['bills'],
  partitions: partitions.map((partition) => ({ topic: 'bills', partition })),
})

/** A group that has read 20 of partition 0 and 4 of partition 1. */
const put = (name: string, members: readonly GroupMemberState[] = []): void => {
  const offsets = new Map([
    [
      'bills',
      new Map([
        [0, 20n],
        [1, 4n],
      ]),
    ],
  ])
  api.kafka.groups.set(name, { members, offsets })
}

const get = (url: string) => api.server.inject({ url, headers })
type Groups = AnswerOf<typeof contract.groups.endpoints.list>
type Group = AnswerOf<typeof contract.groups.endpoints.show>
const list = async () => (await get('/api/groups')).json<Groups>()
const show = async (name: string) => (await get(`/api/groups/${name}`)).json<Group>()
const reset = (name: string, payload: object) =>
  api.server.inject({ method: 'POST', url: `/api/groups/${name}/reset`, headers, payload })
const remove = (name: string) => api.server.inject({ method: 'DELETE', url: `/api/groups/${name}`, headers })
const committedOf = (name: string) => [...(api.kafka.groups.get(name)?.offsets.get('bills') ?? [])]

describe('groups', () => {
  test('are listed with lag, verdict and whose they are, what needs somebody first', async () => {
    put('a-idle')
    put('b-read', [member('billing', [0, 1])])
    put('sluice.readings', [])
    api.kafka.groups.set('c-done', {
      members: [member('done', [0])],
      offsets: new Map([['bills', new Map([[0, 20n]])]]),
    })
    const { count, data } = await list()
    expect(count).toBe(4)
    expect(data).toMatchObject([
      {
        name: 'b-read',
        state: 'stable',
        members: 1,
        topics: ['bills'],
        lag: { records: 6, seconds: expect.any(Number) as number },
        verdict: 'unknown',
        pipeline: null,
      },
      { name: 'c-done', lag: { records: 0, seconds: 0 }, verdict: 'keeping_up', retention_in_seconds: null },
      { name: 'a-idle', state: 'empty', members: 0, verdict: 'idle' },
      { name: 'sluice.readings', pipeline: 'readings' },
    ])
    // The record at offset 4 of partition 1 is number 12: its age is the lag.
    const ageSeconds = (Date.now() - startMs - 12_000) / 1_000
    expect(data[0]?.lag?.seconds).toBeGreaterThan(ageSeconds - 60)
    expect(data[0]?.lag?.seconds).toBeLessThan(ageSeconds + 60)
    // Kept for a week: what it has not read is long due.
    expect(data[0]?.retention_in_seconds).toBeNull()
    expect(data[2]?.retention_in_seconds).toBe(0)
  })

  test('one is shown with members and partitions', async () => {
    put('b-read', [member('billing', [1]), member('other', [0])])
    expect(await show('b-read')).toMatchObject({
      name: 'b-read',
      protocol: 'range',
      member_states: [
        {
          client_id: 'billing',
          host: '10.0.0.7',
          partitions: [{ topic: 'bills', partition: 1 }],
          lag_records: 6,
        },
        { client_id: 'other', lag_records: 0 },
      ],
      partition_states: [
        {
          partition: 0,
          committed: '20',
          earliest: '0',
          latest: '20',
          lag: 0,
          seconds: 0,
          client_id: 'other',
        },
        { partition: 1, committed: '4', latest: '10', lag: 6, member_id: 'billing-id' },
      ],
    })
    expect((await get('/api/groups/nobody')).statusCode).toBe(404)
  })

  test('a topic that is gone leaves its offsets, and no lag', async () => {
    put('left')
    await api.kafka.admin.deleteTopic('bills')
    expect(await show('left')).toMatchObject({
      lag: null,
      verdict: 'idle',
      partition_states: [{ latest: null, lag: null }, {}],
    })
  })
})

describe('a reset', () => {
  test.each([
    {
      to: { to: 'earliest' },
      moves: [
        [0, '20', '0', -20],
        [1, '4', '0', -4],
      ],
    },
    {
      to: { to: 'latest' },
      moves: [
        [0, '20', '20', 0],
        [1, '4', '10', 6],
      ],
    },
    {
      to: { to: 'offset', offset: '15' },
      moves: [
        [0, '20', '15', -5],
        [1, '4', '10', 6],
      ],
    },
    {
      to: { to: 'time', time: '2026-01-31T12:00:15Z' },
      moves: [
        [0, '20', '10', -10],
        [1, '4', '5', 1],
      ],
    },
    { to: { to: 'latest', partitions: [1] }, moves: [[1, '4', '10', 6]] },
  ])('$to says what it would do, then does it', async ({ to, moves }) => {
    put('billing')
    const before = committedOf('billing')
    const expected = moves.map(([partition, from, after, records]) => ({
      partition,
      before: from,
      after,
      records,
    }))
    const asked = await reset('billing', { topic: 'bills', ...to })
    expect(asked.json()).toMatchObject({ applied: false, moves: expected, blocked_by: [] })
    expect(committedOf('billing')).toEqual(before)
    const done = await reset('billing', { topic: 'bills', ...to, dry_run: false })
    expect(done.json()).toMatchObject({ applied: true, moves: expected })
    const after = new Map(before)
    for (const [partition, , offset] of moves) after.set(Number(partition), BigInt(String(offset)))
    expect(new Map(committedOf('billing'))).toEqual(after)
    // Seen at once, though looks at the cluster are shared.
    const shown = (await show('billing')).partition_states.map(({ committed }) => committed)
    expect(shown).toEqual([...after.values()].map(String))
  })

  test('of a group with members says who has to leave, and changes nothing', async () => {
    put('billing', [member('billing-app', [0, 1])])
    const asked = await reset('billing', { topic: 'bills', to: 'earliest' })
    expect(asked.json()).toMatchObject({ applied: false, blocked_by: ['billing-app on 10.0.0.7'] })
    const refused = await reset('billing', { topic: 'bills', to: 'earliest', dry_run: false })
    expect(refused.statusCode).toBe(409)
    expect(refused.json()).toMatchObject({
      error: 'Group billing is still read by billing-app on 10.0.0.7; stop it first.',
    })
    expect(committedOf('billing')).toEqual([
      [0, 20n],
      [1, 4n],
    ])
    expect(api.audit.map(({ action, resource, outcome }) => [action, resource, outcome])).toEqual([
      ['group.offsets_moved', 'group billing', 'done'],
      ['group.offsets_moved', 'group billing', 'refused'],
    ])
  })

  test.each([
    {
      name: 'a group that is not there',
      group: 'nobody',
      body: { topic: 'bills', to: 'latest' },
      status: 404,
    },
    {
      name: 'a topic that is not there',
      group: 'billing',
      body: { topic: 'nothing', to: 'latest' },
      status: 404,
    },
    {
      name: 'a partition that is not there',
      group: 'billing',
      body: { topic: 'bills', to: 'latest', partitions: [7] },
      status: 404,
    },
    { name: 'a time that is missing', group: 'billing', body: { topic: 'bills', to: 'time' }, status: 400 },
    {
      name: 'an offset that is missing',
      group: 'billing',
      body: { topic: 'bills', to: 'offset' },
      status: 400,
    },
    {
      name: 'the group of a pipeline',
      group: 'sluice.readings',
      body: { topic: 'bills', to: 'latest' },
      status: 409,
    },
  ])('of $name is refused: $status', async ({ group, body, status }) => {
    put('billing')
    put('sluice.readings')
    expect((await reset(group, { ...body, dry_run: false })).statusCode).toBe(status)
  })
})

describe('deleting', () => {
  test('takes an empty group with its offsets', async () => {
    put('billing')
    expect((await remove('billing')).json()).toEqual({
      message: 'Group billing and its offsets are deleted.',
      name: 'billing',
    })
    expect((await list()).count).toBe(0)
    expect((await remove('billing')).statusCode).toBe(404)
  })

  test('refuses a group with members, and names them, ten at the most', async () => {
    put(
      'busy',
      Array.from({ length: 12 }, (_, i) => member(`app-${i}`, [])),
    )
    const { statusCode, body } = await remove('busy')
    expect(statusCode).toBe(409)
    expect(body).toContain('app-9 on 10.0.0.7, 2 more; stop them first')
    expect(api.kafka.groups.has('busy')).toBe(true)
  })
})
