import { errorCodes, LeaveGroup } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, pair, stable } from '../coordinators/coordinator-rig.suite.ts'
import { leaveGroup } from './13-leave-group.ts'
import { groupBroker } from './group-requests.suite.ts'

describe('LeaveGroup', () => {
  test.each([0, 2])('v%i takes one member, whose error is the answer', async (version) => {
    const broker = await groupBroker()
    const [one] = await pair(broker.rig)
    const ask = () => broker.ask(leaveGroup, LeaveGroup, version, { groupId, memberId: one.memberId })
    expect((await ask()).errorCode).toBe(0)
    expect((await ask()).errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID)
  })

  test.each([3, 4, 5])('v%i takes many, each with an answer of its own', async (version) => {
    const broker = await groupBroker()
    const [one] = await stable(broker.rig, {}, { instanceId: 'till-1' })
    const members = [
      { memberId: one?.memberId ?? '' },
      { memberId: '', groupInstanceId: 'till-1' },
      { memberId: 'ghost' },
    ]
    const answer = await broker.ask(leaveGroup, LeaveGroup, version, { groupId, members })
    expect(answer).toMatchObject({
      errorCode: 0,
      members: [
        { memberId: one?.memberId, groupInstanceId: null, errorCode: 0 },
        { memberId: '', groupInstanceId: 'till-1', errorCode: 0 },
        { memberId: 'ghost', errorCode: errorCodes.UNKNOWN_MEMBER_ID },
      ],
    })
    expect(broker.rig.coordinator.group(groupId)?.phase).toBe('Empty')
  })
})
