import { ListGroups } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { committed, outsider, stable } from '../coordinators/coordinator-rig.suite.ts'
import { listGroups } from './16-list-groups.ts'
import { groupBroker } from './group-requests.suite.ts'

const twoGroups = async () => {
  const broker = await groupBroker()
  await stable(broker.rig, {})
  const offset = { topic: 'orders', partition: 0, committed: committed(1n) }
  await broker.rig.coordinator.commit({ ...outsider, groupId: 'admin' }, [offset])
  return broker
}

describe('ListGroups', () => {
  test.each([0, 3, 4, 5])('v%i lists all groups by name', async (version) => {
    const answer = await (await twoGroups()).ask(listGroups, ListGroups, version, {})
    expect(answer.groups).toEqual([
      {
        groupId: 'admin',
        protocolType: '',
        groupState: version < 4 ? '' : 'Empty',
        groupType: version < 5 ? '' : 'classic',
      },
      {
        groupId: 'readers',
        protocolType: 'consumer',
        groupState: version < 4 ? '' : 'Stable',
        groupType: version < 5 ? '' : 'classic',
      },
    ])
  })

  test.each([
    { filter: { statesFilter: ['stable'] }, listed: ['readers'] },
    { filter: { statesFilter: ['Empty', 'Dead'] }, listed: ['admin'] },
    { filter: { typesFilter: ['Classic'] }, listed: ['admin', 'readers'] },
    { filter: { typesFilter: ['consumer'] }, listed: [] },
    { filter: { typesFilter: ['classic'], statesFilter: ['Stable'] }, listed: ['readers'] },
  ])('v5 filters by $filter', async ({ filter, listed }) => {
    const answer = await (await twoGroups()).ask(listGroups, ListGroups, 5, filter)
    expect(answer.groups.map((group) => group.groupId)).toEqual(listed)
  })
})
