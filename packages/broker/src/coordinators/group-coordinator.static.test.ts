import { describe, expect, test } from 'vitest'
import {
  answerOf,
  groupId,
  joinRequest,
  member,
  newRig,
  stable,
  syncRequest,
} from './coordinator-rig.suite.ts'

describe('a static member', () => {
  const instanceId = 'till-1'

  test('that comes back takes its former place without a rebalance, and fences its former self', async () => {
    const rig = await newRig()
    const [leader, till] = await stable(rig, {}, { instanceId })
    if (leader === undefined || till === undefined) throw new Error('two joined')
    const back = await rig.coordinator.join(joinRequest({ instanceId }))
    expect(back).toMatchObject({
      error: 'NONE',
      generation: 1,
      leaderId: leader.memberId,
      members: [],
      skipAssignment: false,
    })
    expect(back.memberId).not.toBe(till.memberId)
    const synced = await rig.coordinator.sync(syncRequest(back, {}, instanceId))
    expect(String(synced.assignment)).toBe(till.memberId)
    expect(rig.coordinator.heartbeat(member(leader))).toBe('NONE')
    expect(rig.coordinator.heartbeat(member(till, instanceId))).toBe('FENCED_INSTANCE_ID')
    expect(await rig.coordinator.commit(member(till, instanceId), [])).toBe('FENCED_INSTANCE_ID')
    expect(await rig.coordinator.join(joinRequest({ instanceId, memberId: till.memberId }))).toMatchObject({
      error: 'FENCED_INSTANCE_ID',
    })
  })

  test.each([
    { version: 'v9', supportsSkipAssignment: true, leads: true, skips: true },
    { version: 'v8', supportsSkipAssignment: false, leads: false, skips: false },
  ])(
    'that led and comes back with $version leads: $leads, need not assign: $skips',
    async ({ supportsSkipAssignment, leads, skips }) => {
      const rig = await newRig()
      const [leader] = await stable(rig, { instanceId }, {})
      const back = await rig.coordinator.join(joinRequest({ instanceId, supportsSkipAssignment }))
      expect(back.skipAssignment).toBe(skips)
      expect(back.leaderId).toBe(leads ? back.memberId : leader?.memberId)
      expect(back.members).toHaveLength(leads ? 2 : 0)
      expect(rig.coordinator.group(groupId)?.leaderId).toBe(back.memberId)
    },
  )

  test('survives a restart of the broker under its new id', async () => {
    const rig = await newRig()
    await stable(rig, { instanceId }, {})
    const back = await rig.coordinator.join(joinRequest({ instanceId }))
    await rig.restart()
    expect(rig.coordinator.heartbeat(member(back, instanceId))).toBe('NONE')
  })

  test('keeps its place through a rebalance it does not take part in, until its session ends', async () => {
    const rig = await newRig()
    const [leader] = await stable(rig, {}, { instanceId, sessionTimeoutMs: 100_000 })
    const rejoining = rig.coordinator.join(joinRequest({ memberId: leader?.memberId ?? '' }))
    await rig.clock.pass(60_000)
    expect((await rejoining).members).toHaveLength(2)
  })

  test('that leads but is away gives the lead to somebody who is there', async () => {
    const rig = await newRig()
    const [, follower] = await stable(rig, { instanceId, sessionTimeoutMs: 100_000 }, {})
    const newcomer = rig.coordinator.join(joinRequest())
    const rejoining = rig.coordinator.join(joinRequest({ memberId: follower?.memberId ?? '' }))
    await rig.clock.pass(60_000)
    expect((await newcomer).leaderId).toBe(follower?.memberId)
    expect((await rejoining).members).toHaveLength(3)
  })

  test('that changes what it offers while stable opens a rebalance', async () => {
    const rig = await newRig()
    const offers = (...names: string[]) => ({
      protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
    })
    const [leader] = await stable(rig, offers('a', 'b'), { instanceId, ...offers('a', 'b') })
    const back = rig.coordinator.join(joinRequest({ instanceId, ...offers('b') }))
    expect(await answerOf(back)).toBe('waits')
    const again = await rig.coordinator.join(
      joinRequest({ memberId: leader?.memberId ?? '', ...offers('a', 'b') }),
    )
    expect(again).toMatchObject({ generation: 2, protocolName: 'b' })
  })

  test('is removed by an administrator by its instance id alone', async () => {
    const rig = await newRig()
    await stable(rig, { instanceId }, {})
    const left = rig.coordinator.leave(groupId, [
      { memberId: '', instanceId },
      { memberId: '', instanceId: 'ghost' },
      { memberId: '', instanceId: null },
    ])
    expect(left).toEqual({ error: 'NONE', errors: ['NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID'] })
    expect(rig.coordinator.group(groupId)?.members.size).toBe(1)
  })
})
