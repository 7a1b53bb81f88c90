import { describe, expect, test } from 'vitest'
import {
  answerOf,
  committed,
  groupId,
  joinRequest,
  member,
  newRig,
  outsider,
  pair,
  stable,
  syncRequest,
} from './coordinator-rig.suite.ts'

describe('joining', () => {
  test('makes the first the leader, who alone sees the members, and gives each what the leader says', async () => {
    const rig = await newRig()
    const joining = [rig.coordinator.join(joinRequest()), rig.coordinator.join(joinRequest())]
    await rig.clock.pass(0)
    const [leader, follower] = await Promise.all(joining)
    expect(leader).toMatchObject({
      error: 'NONE',
      generation: 1,
      leaderId: 'app-1',
      memberId: 'app-1',
      protocolName: 'range',
    })
    expect(leader?.members.map(({ id }) => id)).toEqual(['app-1', 'app-2'])
    expect(follower).toMatchObject({ generation: 1, leaderId: 'app-1', memberId: 'app-2', members: [] })
    if (leader === undefined || follower === undefined) return
    const waiting = rig.coordinator.sync(syncRequest(follower))
    expect(await answerOf(waiting)).toBe('waits')
    const leaders = await rig.coordinator.sync(syncRequest(leader, { 'app-1': 'zero', 'app-2': 'one' }))
    expect(String(leaders.assignment)).toBe('zero')
    expect(String((await waiting).assignment)).toBe('one')
    expect(rig.coordinator.heartbeat(member(follower))).toBe('NONE')
  })

  test('from v4 asks a dynamic member to come again with an id', async () => {
    const rig = await newRig()
    const first = await rig.coordinator.join(joinRequest({ requiresKnownMemberId: true }))
    expect(first).toMatchObject({ error: 'MEMBER_ID_REQUIRED', memberId: 'app-1', generation: -1 })
    const again = rig.coordinator.join(joinRequest({ requiresKnownMemberId: true, memberId: 'app-1' }))
    await rig.clock.pass(0)
    expect(await again).toMatchObject({ error: 'NONE', memberId: 'app-1', generation: 1 })
  })

  test('waits for a member that was given an id and has not come again, but only for its session', async () => {
    const rig = await newRig()
    const [leader] = await stable(rig, {})
    await rig.coordinator.join(joinRequest({ requiresKnownMemberId: true, sessionTimeoutMs: 8_000 }))
    const rejoining = rig.coordinator.join(joinRequest({ memberId: leader?.memberId ?? '' }))
    await rig.clock.pass(7_999)
    expect(await answerOf(rejoining)).toBe('waits')
    await rig.clock.pass(1)
    expect(await rejoining).toMatchObject({ error: 'NONE', generation: 2 })
  })

  test('gathers members for the initial delay, prolonged while more come', async () => {
    const rig = await newRig({ initialRebalanceDelayMs: 3_000 })
    const first = rig.coordinator.join(joinRequest())
    await rig.clock.pass(2_000)
    const second = rig.coordinator.join(joinRequest())
    await rig.clock.pass(2_000)
    expect(await answerOf(first)).toBe('waits')
    await rig.clock.pass(2_000)
    expect((await first).members).toHaveLength(2)
    expect((await second).generation).toBe(1)
  })

  test.each([
    { says: 'an unknown member', request: { memberId: 'ghost' }, error: 'UNKNOWN_MEMBER_ID' },
    { says: 'another type', request: { protocolType: 'connect' }, error: 'INCONSISTENT_GROUP_PROTOCOL' },
    {
      says: 'no protocol in common',
      request: { protocols: [{ name: 'sticky', metadata: Buffer.from('m') }] },
      error: 'INCONSISTENT_GROUP_PROTOCOL',
    },
    { says: 'no protocol', request: { protocols: [] }, error: 'INCONSISTENT_GROUP_PROTOCOL' },
    { says: 'no group', request: { groupId: '' }, error: 'INVALID_GROUP_ID' },
    { says: 'a session too short', request: { sessionTimeoutMs: 5_999 }, error: 'INVALID_SESSION_TIMEOUT' },
    {
      says: 'a session too long',
      request: { sessionTimeoutMs: 1_800_001 },
      error: 'INVALID_SESSION_TIMEOUT',
    },
    {
      says: 'a subscription too large',
      request: { protocols: [{ name: 'range', metadata: Buffer.alloc(2 ** 20 + 1) }] },
      error: 'INVALID_REQUEST',
    },
  ])('refuses $says', async ({ request, error }) => {
    const rig = await newRig()
    await stable(rig, {})
    expect(await rig.coordinator.join(joinRequest(request))).toMatchObject({ error, generation: -1 })
  })

  test('chooses the protocol that most prefer among those that all know', async () => {
    const rig = await newRig()
    const offers = (...names: string[]) => ({
      protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
    })
    const joined = await stable(rig, offers('a', 'b', 'c'), offers('b', 'c'), offers('x', 'c', 'b'))
    expect(joined.map(({ protocolName }) => protocolName)).toEqual(['b', 'b', 'b'].map(() => 'b'))
    expect(joined[0]?.members.map(({ metadata }) => String(metadata))).toEqual(['b', 'b', 'b'])
  })

  test('answers the earlier of two joins of one member too, so that its connection goes on', async () => {
    const rig = await newRig()
    const [one] = await pair(rig)
    const earlier = rig.coordinator.join(joinRequest({ memberId: one.memberId }))
    const later = rig.coordinator.join(joinRequest({ memberId: one.memberId }))
    expect(await earlier).toMatchObject({ error: 'REBALANCE_IN_PROGRESS', memberId: one.memberId })
    expect(await answerOf(later)).toBe('waits')
  })
})

describe('a rebalance', () => {
  test('begins when somebody joins: the others hear of it by heartbeat, and the old generation is over', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    const newcomer = rig.coordinator.join(joinRequest())
    expect(rig.coordinator.heartbeat(member(one))).toBe('REBALANCE_IN_PROGRESS')
    // What was read so far may still be committed before joining again.
    expect(
      await rig.coordinator.commit(member(one), [
        { topic: 'orders', partition: 0, committed: committed(5n) },
      ]),
    ).toBe('NONE')
    const rejoined = [one, other].map(({ memberId }) => rig.coordinator.join(joinRequest({ memberId })))
    const answers = await Promise.all([newcomer, ...rejoined])
    expect(answers.map(({ generation }) => generation)).toEqual([2, 2, 2])
    expect(rig.coordinator.heartbeat(member(one))).toBe('ILLEGAL_GENERATION')
    expect(
      await rig.coordinator.commit(member(one), [
        { topic: 'orders', partition: 0, committed: committed(6n) },
      ]),
    ).toBe('ILLEGAL_GENERATION')
    const now = { ...member(one), generation: 2 }
    expect(
      await rig.coordinator.commit(now, [{ topic: 'orders', partition: 0, committed: committed(7n) }]),
    ).toBe('REBALANCE_IN_PROGRESS')
    expect(rig.coordinator.heartbeat(now)).toBe('NONE')
    expect(rig.coordinator.committed(groupId).get('orders')?.get(0)?.offset).toBe(5n)
  })

  test('goes on without members that do not join again in time', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    const rejoining = rig.coordinator.join(joinRequest({ memberId: one.memberId }))
    // The other is alive, but does not come: its heartbeats do not save it from the rebalance timeout.
    for (let second = 0; second < 60; second += 5) {
      expect(rig.coordinator.heartbeat(member(other))).toBe('REBALANCE_IN_PROGRESS')
      await rig.clock.pass(5_000)
    }
    expect(await rejoining).toMatchObject({ generation: 2, members: [{ id: one.memberId }] })
    expect(rig.coordinator.heartbeat(member(other))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('begins when a member has been silent for its session, and not before', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    await rig.clock.pass(9_999)
    expect(rig.coordinator.heartbeat(member(one))).toBe('NONE')
    await rig.clock.pass(1)
    expect(rig.coordinator.heartbeat(member(one))).toBe('REBALANCE_IN_PROGRESS')
    expect(rig.coordinator.heartbeat(member(other))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a commit is a sign of life', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    for (let round = 0; round < 4; round += 1) {
      await rig.clock.pass(6_000)
      rig.coordinator.heartbeat(member(one))
      expect(await rig.coordinator.commit(member(other), [])).toBe('NONE')
    }
  })

  test('drops a leader that never assigns, and lets the next lead', async () => {
    const rig = await newRig()
    const joining = [rig.coordinator.join(joinRequest()), rig.coordinator.join(joinRequest())]
    await rig.clock.pass(0)
    const [leader, follower] = await Promise.all(joining)
    if (leader === undefined || follower === undefined) throw new Error('two joined')
    const waiting = rig.coordinator.sync(syncRequest(follower))
    for (let second = 0; second < 60; second += 5) {
      expect(rig.coordinator.heartbeat(member(leader))).toBe('NONE')
      await rig.clock.pass(5_000)
    }
    expect(await waiting).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
    expect(rig.coordinator.heartbeat(member(leader))).toBe('UNKNOWN_MEMBER_ID')
    const again = await rig.coordinator.join(joinRequest({ memberId: follower.memberId }))
    expect(again).toMatchObject({ generation: 2, leaderId: follower.memberId })
  })

  test('is opened by a leader that joins again, but not by a follower with nothing new to say', async () => {
    const rig = await newRig()
    const [leader, follower] = await pair(rig)
    expect(await rig.coordinator.join(joinRequest({ memberId: follower.memberId }))).toMatchObject({
      generation: 1,
    })
    const wants = rig.coordinator.join(joinRequest({ memberId: leader.memberId }))
    expect(await answerOf(wants)).toBe('waits')
    expect(rig.coordinator.heartbeat(member(follower))).toBe('REBALANCE_IN_PROGRESS')
  })

  test('takes two rounds when members give partitions back step by step, as cooperative assignors do', async () => {
    const rig = await newRig()
    const [one] = await stable(rig, {})
    const holds = (text: string) => ({ protocols: [{ name: 'range', metadata: Buffer.from(text) }] })
    const second = rig.coordinator.join(joinRequest(holds('nothing')))
    await rig.coordinator.join(joinRequest({ memberId: one?.memberId ?? '', ...holds('0 and 1') }))
    const joined = await second
    expect(joined.generation).toBe(2)
    // The first gave one back and says so: the second must be asked again.
    const again = rig.coordinator.join(joinRequest({ memberId: one?.memberId ?? '', ...holds('0') }))
    expect(rig.coordinator.heartbeat(member(joined))).toBe('REBALANCE_IN_PROGRESS')
    const both = [
      again,
      rig.coordinator.join(joinRequest({ memberId: joined.memberId, ...holds('nothing') })),
    ]
    expect((await Promise.all(both)).map(({ generation }) => generation)).toEqual([3, 3])
  })
})

describe('a sync', () => {
  test.each([
    { says: 'an unknown member', change: { memberId: 'ghost' }, error: 'UNKNOWN_MEMBER_ID' },
    { says: 'an old generation', change: { generation: 0 }, error: 'ILLEGAL_GENERATION' },
    {
      says: 'another protocol type',
      change: { protocolType: 'connect' },
      error: 'INCONSISTENT_GROUP_PROTOCOL',
    },
    { says: 'another protocol', change: { protocolName: 'sticky' }, error: 'INCONSISTENT_GROUP_PROTOCOL' },
    { says: 'a group that does not exist', change: { groupId: 'none' }, error: 'UNKNOWN_MEMBER_ID' },
    { says: 'an instance id of nobody', change: { instanceId: 'ghost' }, error: 'UNKNOWN_MEMBER_ID' },
  ])('of $says is refused', async ({ change, error }) => {
    const rig = await newRig()
    const [one] = await pair(rig)
    expect(await rig.coordinator.sync({ ...syncRequest(one), ...change })).toMatchObject({ error })
  })

  test('is answered only when the assignment is stored', async () => {
    const rig = await newRig()
    const joining = rig.coordinator.join(joinRequest())
    await rig.clock.pass(0)
    rig.store.holds = true
    const syncing = rig.coordinator.sync(syncRequest(await joining, { 'app-1': 'all' }))
    expect(await answerOf(syncing)).toBe('waits')
    rig.store.letGo()
    expect(String((await syncing).assignment)).toBe('all')
  })

  test('that cannot be stored sends everybody to look for the coordinator again', async () => {
    const rig = await newRig()
    const joining = rig.coordinator.join(joinRequest())
    await rig.clock.pass(0)
    rig.store.error = 'KAFKA_STORAGE_ERROR'
    expect(await rig.coordinator.sync(syncRequest(await joining))).toMatchObject({ error: 'NOT_COORDINATOR' })
    expect(rig.coordinator.group(groupId)?.phase).toBe('PreparingRebalance')
    expect(rig.reports).toEqual(['group readers could not be stored: KAFKA_STORAGE_ERROR'])
  })
})

describe('leaving', () => {
  test('gives the others the partitions at once, and empties the group in the end', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    expect(rig.coordinator.leave(groupId, [{ memberId: one.memberId, instanceId: null }])).toEqual({
      error: 'NONE',
      errors: ['NONE'],
    })
    const again = await rig.coordinator.join(joinRequest({ memberId: other.memberId }))
    expect(again).toMatchObject({ generation: 2, leaderId: other.memberId })
    rig.coordinator.leave(groupId, [{ memberId: other.memberId, instanceId: null }])
    expect(rig.coordinator.group(groupId)).toMatchObject({
      phase: 'Empty',
      generation: 3,
      protocolType: 'consumer',
    })
  })

  test('of nobody we know is told so', async () => {
    const rig = await newRig()
    expect(rig.coordinator.leave('none', [{ memberId: 'x', instanceId: null }]).errors).toEqual([
      'UNKNOWN_MEMBER_ID',
    ])
    expect(rig.coordinator.leave('', []).error).toBe('INVALID_GROUP_ID')
  })
})

describe('bounds', () => {
  test('on members: who comes last is refused', async () => {
    const rig = await newRig({ groupSizeMax: 2 })
    await pair(rig)
    expect(await rig.coordinator.join(joinRequest())).toMatchObject({
      error: 'GROUP_MAX_SIZE_REACHED',
      memberId: '',
    })
  })

  test('on members of a first round', async () => {
    const rig = await newRig({ groupSizeMax: 2 })
    const joining = [1, 2, 3].map(() => rig.coordinator.join(joinRequest()))
    await rig.clock.pass(0)
    const errors = (await Promise.all(joining)).map(({ error }) => error)
    expect(errors).toEqual(['NONE', 'NONE', 'GROUP_MAX_SIZE_REACHED'])
  })

  test('on ids given out and not used', async () => {
    const rig = await newRig({ pendingMembersMax: 2 })
    const asked = [1, 2, 3].map(() => rig.coordinator.join(joinRequest({ requiresKnownMemberId: true })))
    const errors = (await Promise.all(asked)).map(({ error }) => error)
    expect(errors).toEqual(['MEMBER_ID_REQUIRED', 'MEMBER_ID_REQUIRED', 'GROUP_MAX_SIZE_REACHED'])
  })

  test('on groups, whether joined or committed to', async () => {
    const rig = await newRig({ groupsMax: 1 })
    await rig.coordinator.commit(outsider, [{ topic: 'orders', partition: 0, committed: committed(1n) }])
    expect(await rig.coordinator.join(joinRequest({ groupId: 'more' }))).toMatchObject({
      error: 'POLICY_VIOLATION',
    })
    expect(await rig.coordinator.commit({ ...outsider, groupId: 'more' }, [])).toBe('POLICY_VIOLATION')
  })

  test('on the bytes of an assignment', async () => {
    const rig = await newRig({ groupBytesMax: 10 })
    const joining = rig.coordinator.join(joinRequest())
    await rig.clock.pass(0)
    const synced = await rig.coordinator.sync(syncRequest(await joining, { 'app-1': 'eleven char' }))
    expect(synced.error).toBe('UNKNOWN_SERVER_ERROR')
  })
})

test('closing answers everybody who waits, and ends every timer', async () => {
  const rig = await newRig()
  const [one] = await pair(rig)
  const joining = rig.coordinator.join(joinRequest({ memberId: one.memberId }))
  await rig.coordinator.close()
  expect(await joining).toMatchObject({ error: 'NOT_COORDINATOR' })
  expect(rig.clock.timerCount).toBe(0)
  expect(rig.coordinator.heartbeat(member(one))).toBe('COORDINATOR_NOT_AVAILABLE')
  expect(await rig.coordinator.join(joinRequest())).toMatchObject({ error: 'COORDINATOR_NOT_AVAILABLE' })
})
