/**
 * SyncGroup (key 14, v0-v5): the leader hands in who gets what, and every member hears its own part.
 *
 * - Answered when the assignment is stored; a leader that never comes is dropped after the rebalance timeout.
 * - v3 carries the instance id of static members; v5 protocol type and name, which must be those of the group.
 */
import { errorCodes, SyncGroup } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

export const syncGroup = defineRequest(SyncGroup, async (request, { broker }) => {
  const answer = await broker.groups.sync({
    groupId: request.groupId,
    generation: request.generationId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignments: new Map(request.assignments.map((each) => [each.memberId, each.assignment])),
  })
  return {
    errorCode: errorCodes[answer.error],
    protocolType: answer.protocolType,
    protocolName: answer.protocolName,
    assignment: answer.assignment,
  }
})
