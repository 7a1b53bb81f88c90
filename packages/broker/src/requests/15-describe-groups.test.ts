import { DescribeGroups, errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, joinRequest, stable } from '../coordinators/coordinator-rig.suite.ts'
import { describeGroups } from './15-describe-groups.ts'
import { groupBroker } from './group-requests.suite.ts'

describe('DescribeGroups', () => {
  test.each([0, 3, 4, 6])('v%i tells state, members and assignments of a stable group', async (version) => {
    const broker = await groupBroker()
    await stable(broker.rig, { instanceId: 'till-1' })
    const request = { groups: [groupId], includeAuthorizedOperations: true }
    const answer = await broker.ask(describeGroups, DescribeGroups, version, request)
    expect(answer.groups).toMatchObject([
      {
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          {
            memberId: 'till-1-1',
            groupInstanceId: version < 4 ? null : 'till-1',
            clientId: 'app',
            clientHost: '/127.0.0.1',
            memberMetadata: Buffer.from('m'),
            memberAssignment: Buffer.from('till-1-1'),
          },
        ],
        authorizedOperations: version < 3 ? -2_147_483_648 : 328,
      },
    ])
  })

  test('says nothing of assignments while a rebalance runs', async () => {
    const broker = await groupBroker()
    await stable(broker.rig, {})
    void broker.rig.coordinator.join(joinRequest())
    const answer = await broker.ask(describeGroups, DescribeGroups, 5, { groups: [groupId] })
    const [group] = answer.groups
    expect(group).toMatchObject({ groupState: 'PreparingRebalance', protocolData: '' })
    expect(
      group?.members.map((member) => member.memberMetadata.length + member.memberAssignment.length),
    ).toEqual([0, 0])
  })

  test.each([
    { version: 5, errorCode: 0, errorMessage: null },
    { version: 6, errorCode: errorCodes.GROUP_ID_NOT_FOUND, errorMessage: 'Group none not found.' },
  ])(
    'v$version answers for a group that does not exist: Dead',
    async ({ version, errorCode, errorMessage }) => {
      const broker = await groupBroker()
      const answer = await broker.ask(describeGroups, DescribeGroups, version, { groups: ['none'] })
      expect(answer.groups).toMatchObject([{ groupId: 'none', groupState: 'Dead', errorCode, errorMessage }])
    },
  )
})
