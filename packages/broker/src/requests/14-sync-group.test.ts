import { errorCodes, SyncGroup } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, joinRequest } from '../coordinators/coordinator-rig.suite.ts'
import { syncGroup } from './14-sync-group.ts'
import { groupBroker } from './group-requests.suite.ts'

describe('SyncGroup', () => {
  test.each([0, 2, 3, 5])('v%i hands each member what the leader says', async (version) => {
    const broker = await groupBroker()
    const joining = [1, 2].map(() => broker.rig.coordinator.join(joinRequest()))
    await broker.rig.clock.pass(0)
    await Promise.all(joining)
    const ask = (memberId: string, assignments: { memberId: string; assignment: Buffer }[]) =>
      broker.ask(syncGroup, SyncGroup, version, {
        groupId,
        generationId: 1,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments,
      })
    const follower = ask('app-2', [])
    const leader = ask('app-1', [
      { memberId: 'app-1', assignment: Buffer.from('zero') },
      { memberId: 'app-2', assignment: Buffer.from('one') },
    ])
    expect(String((await leader).assignment)).toBe('zero')
    const answer = await follower
    expect(String(answer.assignment)).toBe('one')
    expect(answer).toMatchObject(
      version < 5 ? { errorCode: 0 } : { protocolType: 'consumer', protocolName: 'range' },
    )
  })

  test.each(['sticky', null])('v5 refuses a member that speaks of the protocol %s', async (protocolName) => {
    const broker = await groupBroker()
    const joining = broker.rig.coordinator.join(joinRequest())
    await broker.rig.clock.pass(0)
    const { memberId } = await joining
    const request = {
      groupId,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName,
      assignments: [],
    }
    const answer = await broker.ask(syncGroup, SyncGroup, 5, request)
    expect(answer.errorCode).toBe(errorCodes.INCONSISTENT_GROUP_PROTOCOL)
    expect(answer.assignment).toHaveLength(0)
  })
})
