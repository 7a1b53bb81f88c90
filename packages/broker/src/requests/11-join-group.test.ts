import { errorCodes, JoinGroup } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, stable } from '../coordinators/coordinator-rig.suite.ts'
import { joinGroup } from './11-join-group.ts'
import { type GroupBroker, groupBroker } from './group-requests.suite.ts'

const request = {
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
}

const join = async (
  broker: GroupBroker,
  version: number,
  changes: Partial<typeof request> & { groupInstanceId?: string } = {},
) => {
  const asked = broker.ask(joinGroup, JoinGroup, version, { ...request, ...changes })
  await broker.rig.clock.pass(0)
  return asked
}

describe('JoinGroup', () => {
  test.each([0, 1, 3])('v%i is answered with the new generation at once', async (version) => {
    const broker = await groupBroker()
    const answer = await join(broker, version)
    expect(answer).toMatchObject({
      errorCode: 0,
      generationId: 1,
      protocolName: 'range',
      leader: 'app-1',
      memberId: 'app-1',
    })
    expect(answer.members).toMatchObject([{ memberId: 'app-1', metadata: Buffer.from('m') }])
    const [member] = [...(broker.rig.coordinator.group(groupId)?.members.values() ?? [])]
    expect(member).toMatchObject({ clientId: 'app', clientHost: '/127.0.0.1', sessionTimeoutMs: 10_000 })
    // v0 knows no rebalance timeout: it is the session's.
    expect(member?.rebalanceTimeoutMs).toBe(version === 0 ? 10_000 : 60_000)
  })

  test.each([4, 6, 9])('v%i first hands out a member id', async (version) => {
    const broker = await groupBroker()
    const first = await join(broker, version)
    expect(first).toMatchObject({ errorCode: errorCodes.MEMBER_ID_REQUIRED, memberId: 'app-1' })
    expect(first.protocolName).toBe(version < 7 ? '' : null)
    const again = await join(broker, version, { memberId: 'app-1' })
    expect(again).toMatchObject({ errorCode: 0, generationId: 1, leader: 'app-1' })
    expect(again.protocolType).toBe(version < 7 ? null : 'consumer')
  })

  test.each([
    { version: 8, skipAssignment: false },
    { version: 9, skipAssignment: true },
  ])(
    'v$version tells a static leader that comes back to skip the assignment: $skipAssignment',
    async ({ version, skipAssignment }) => {
      const broker = await groupBroker()
      await stable(broker.rig, { instanceId: 'till-1' })
      const answer = await join(broker, version, { groupInstanceId: 'till-1' })
      expect(answer).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment })
      expect(answer.leader === answer.memberId).toBe(skipAssignment)
    },
  )

  test.each([0, 6, 9])('v%i refuses a group without a name', async (version) => {
    const broker = await groupBroker()
    const answer = await join(broker, version, { groupId: '' })
    expect(answer).toMatchObject({ errorCode: errorCodes.INVALID_GROUP_ID, generationId: -1, leader: '' })
  })
})
