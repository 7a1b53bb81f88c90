import { encodeSubscription } from 'sluice-kafka-protocol'
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
  settled,
  stable,
  syncRequest,
} from './coordinator-rig.suite.ts'

describe('committing', () => {
  const offsets = [
    { topic: 'orders', partition: 0, committed: committed(5n, { metadata: 'note', leaderEpoch: 2 }) },
  ]

  test('needs no members: an outsider commits to an empty group, which it makes', async () => {
    const rig = await newRig()
    expect(await rig.coordinator.commit(outsider, offsets)).toBe('NONE')
    expect(rig.coordinator.committed(groupId).get('orders')?.get(0)).toEqual(offsets[0]?.committed)
    expect(rig.coordinator.group(groupId)).toMatchObject({ phase: 'Empty', protocolType: null })
  })

  test.each([
    {
      says: 'by an outsider into a group in use',
      change: { memberId: '', generation: -1 },
      error: 'UNKNOWN_MEMBER_ID',
    },
    { says: 'of an unknown member', change: { memberId: 'ghost' }, error: 'UNKNOWN_MEMBER_ID' },
    { says: 'of an old generation', change: { generation: 0 }, error: 'ILLEGAL_GENERATION' },
    { says: 'of a member without generation', change: { generation: -1 }, error: 'ILLEGAL_GENERATION' },
    { says: 'to a missing group', change: { groupId: 'none' }, error: 'GROUP_ID_NOT_FOUND' },
    {
      says: 'to a missing group before v9',
      change: { groupId: 'none', knowsMissingGroup: false },
      error: 'ILLEGAL_GENERATION',
    },
  ])('$says is refused', async ({ change, error }) => {
    const rig = await newRig()
    const [one] = await pair(rig)
    expect(await rig.coordinator.commit({ ...member(one), ...change }, offsets)).toBe(error)
  })

  test('is answered, and seen, only when it is stored', async () => {
    const rig = await newRig()
    rig.store.holds = true
    const committing = rig.coordinator.commit(outsider, offsets)
    expect(await answerOf(committing)).toBe('waits')
    expect(rig.coordinator.committed(groupId).size).toBe(0)
    rig.store.letGo()
    expect(await committing).toBe('NONE')
    expect(rig.coordinator.committed(groupId).size).toBe(1)
  })

  test.each([
    { stored: 'KAFKA_STORAGE_ERROR', error: 'NOT_COORDINATOR' },
    { stored: 'MESSAGE_TOO_LARGE', error: 'INVALID_COMMIT_OFFSET_SIZE' },
  ] as const)(
    'that ends with $stored is answered with $error, and changes nothing',
    async ({ stored, error }) => {
      const rig = await newRig()
      rig.store.error = stored
      expect(await rig.coordinator.commit(outsider, offsets)).toBe(error)
      expect(rig.coordinator.committed(groupId).size).toBe(0)
    },
  )

  test('survives a restart; members go on with their heartbeats in the same generation', async () => {
    const rig = await newRig()
    const [one, other] = await pair(rig)
    await rig.coordinator.commit(member(one), offsets)
    await rig.restart()
    expect(rig.coordinator.committed(groupId).get('orders')?.get(0)).toEqual(offsets[0]?.committed)
    expect(rig.coordinator.heartbeat(member(one))).toBe('NONE')
    expect(String((await rig.coordinator.sync(syncRequest(other))).assignment)).toBe(other.memberId)
    await rig.clock.pass(10_000)
    expect(rig.coordinator.heartbeat(member(one))).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('forgetting', () => {
  const at = (topic: string, offset = 1n) => ({ topic, partition: 0, committed: committed(offset) })
  const week = 10_080 * 60_000
  const subscription = {
    protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['orders'], ownedPartitions: [] }) }],
  }

  test('offsets of a topic that was deleted, for good', async () => {
    const rig = await newRig()
    await rig.coordinator.commit(outsider, [at('orders'), at('clicks')])
    await rig.coordinator.topicDeleted('orders')
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['clicks'])
    await rig.restart()
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['clicks'])
  })

  test('also a commit that was on its way when the topic was deleted', async () => {
    const rig = await newRig()
    rig.store.holds = true
    const committing = rig.coordinator.commit(outsider, [at('orders')])
    const deleting = rig.coordinator.topicDeleted('orders')
    rig.store.letGo()
    expect(await committing).toBe('NONE')
    await deleting
    expect(rig.coordinator.committed(groupId).size).toBe(0)
  })

  test('not a commit to a new topic of the same name', async () => {
    const rig = await newRig()
    await rig.coordinator.commit(outsider, [at('orders', 1n)])
    rig.store.holds = true
    const deleting = rig.coordinator.topicDeleted('orders')
    expect(rig.coordinator.committed(groupId).size).toBe(0)
    const committing = rig.coordinator.commit(outsider, [at('orders', 2n)])
    rig.store.letGo()
    await Promise.all([deleting, committing])
    expect(rig.coordinator.committed(groupId).get('orders')?.get(0)?.offset).toBe(2n)
    await rig.restart()
    expect(rig.coordinator.committed(groupId).get('orders')?.get(0)?.offset).toBe(2n)
  })

  test('offsets of topics that are missing at start: their deletion was cut short', async () => {
    const rig = await newRig()
    await rig.coordinator.commit(outsider, [at('orders'), at('clicks')])
    rig.topics.delete('orders')
    await rig.restart()
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['clicks'])
  })

  test('a group and its offsets on request, unless it is in use', async () => {
    const rig = await newRig()
    const [one] = await stable(rig, {})
    if (one === undefined) throw new Error('one joined')
    await rig.coordinator.commit(member(one), [at('orders')])
    expect(await rig.coordinator.deleteGroup(groupId)).toBe('NON_EMPTY_GROUP')
    rig.coordinator.leave(groupId, [{ memberId: one.memberId, instanceId: null }])
    await settled()
    expect(await rig.coordinator.deleteGroup(groupId)).toBe('NONE')
    expect(await rig.coordinator.deleteGroup(groupId)).toBe('GROUP_ID_NOT_FOUND')
    await rig.restart()
    expect(rig.coordinator.groups()).toEqual([])
    expect(rig.coordinator.committed(groupId).size).toBe(0)
  })

  test('single offsets, but not of topics that are being read', async () => {
    const rig = await newRig()
    const [one] = await stable(rig, subscription)
    if (one === undefined) throw new Error('one joined')
    await rig.coordinator.commit(member(one), [at('orders'), at('clicks')])
    const keys = [
      { topic: 'orders', partition: 0 },
      { topic: 'clicks', partition: 0 },
      { topic: 'clicks', partition: 9 },
    ]
    expect(await rig.coordinator.deleteOffsets(groupId, keys)).toEqual({
      error: 'NONE',
      errors: ['GROUP_SUBSCRIBED_TO_TOPIC', 'NONE', 'NONE'],
    })
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['orders'])
    expect(await rig.coordinator.deleteOffsets('none', keys)).toEqual({
      error: 'GROUP_ID_NOT_FOUND',
      errors: [],
    })
  })

  test('single offsets of a group of another type only when it is empty', async () => {
    const rig = await newRig()
    await stable(rig, { protocolType: 'connect' })
    expect((await rig.coordinator.deleteOffsets(groupId, [])).error).toBe('NON_EMPTY_GROUP')
  })

  test('what has not been used for a week: the group of an outsider counts from the commit', async () => {
    const rig = await newRig()
    await rig.coordinator.commit(outsider, [at('orders')])
    await rig.clock.pass(week - 1)
    expect(rig.coordinator.committed(groupId).size).toBe(1)
    await rig.clock.pass(600_000)
    expect(rig.coordinator.groups()).toEqual([])
    await rig.restart()
    expect(rig.coordinator.groups()).toEqual([])
  })

  test('never what a living group reads, but what it no longer reads', async () => {
    const rig = await newRig()
    const [one] = await stable(rig, { ...subscription, sessionTimeoutMs: 1_800_000 })
    if (one === undefined) throw new Error('one joined')
    await rig.coordinator.commit(member(one), [at('orders'), at('clicks')])
    for (let passedMs = 0; passedMs < week + 600_000; passedMs += 1_500_000) {
      await rig.clock.pass(1_500_000)
      expect(rig.coordinator.heartbeat(member(one))).toBe('NONE')
    }
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['orders'])
    // From the moment it is empty, a week is left.
    rig.coordinator.leave(groupId, [{ memberId: one.memberId, instanceId: null }])
    await rig.clock.pass(week - 1)
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['orders'])
    await rig.clock.pass(600_000)
    expect(rig.coordinator.groups()).toEqual([])
  })

  test('an offset with an expiry of its own at that time', async () => {
    const rig = await newRig()
    const expiresAtMs = rig.clock.now() + 1_000_000
    await rig.coordinator.commit(outsider, [
      { ...at('orders'), committed: committed(1n, { expiresAtMs }) },
      at('clicks'),
    ])
    await rig.clock.pass(1_200_000)
    expect([...rig.coordinator.committed(groupId).keys()]).toEqual(['clicks'])
  })

  test('a group that somebody asked to join and never did', async () => {
    const rig = await newRig()
    await rig.coordinator.join(joinRequest({ requiresKnownMemberId: true }))
    expect(rig.coordinator.groups()).toHaveLength(1)
    await rig.clock.pass(10_000)
    expect(rig.coordinator.groups()).toEqual([])
  })
})
