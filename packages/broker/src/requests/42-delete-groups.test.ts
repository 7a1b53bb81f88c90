import { DeleteGroups, errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { committed, groupId, outsider, stable } from '../coordinators/coordinator-rig.suite.ts'
import { deleteGroups } from './42-delete-groups.ts'
import { groupBroker } from './group-requests.suite.ts'

describe('DeleteGroups', () => {
  test.each([0, 1, 2])('v%i deletes what is empty, and answers group by group', async (version) => {
    const broker = await groupBroker()
    await stable(broker.rig, {})
    const offset = { topic: 'orders', partition: 0, committed: committed(1n) }
    await broker.rig.coordinator.commit({ ...outsider, groupId: 'admin' }, [offset])
    const request = { groupsNames: ['admin', groupId, 'none', 'admin'] }
    const answer = await broker.ask(deleteGroups, DeleteGroups, version, request)
    expect(answer.results).toEqual([
      { groupId: 'admin', errorCode: 0 },
      { groupId, errorCode: errorCodes.NON_EMPTY_GROUP },
      { groupId: 'none', errorCode: errorCodes.GROUP_ID_NOT_FOUND },
    ])
    expect(broker.rig.coordinator.groups().map(({ id }) => id)).toEqual([groupId])
    expect(broker.rig.coordinator.committed('admin').size).toBe(0)
  })
})
