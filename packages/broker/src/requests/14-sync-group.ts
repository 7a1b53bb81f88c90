/**
 * SyncGroup (key 14, v0-v5): the leader hands in who gets what, and every member hears its own part.
 *
 * - Answered when the assignment is stored; a leader that never comes is dropped after the rebalance timeout.
 * - v3 carries the instance id of static members; v5 protocol type and name, which must be there and be
 *   those of the group (KIP-559).
 */
import { errorCodes, SyncGroup } from 'sluice-kafka-protocol'
import { emptyBytes } from '../coordinators/group-state.ts'
import { defineRequest } from './define.ts'

const protocolSince = 5

export const syncGroup = defineRequest(SyncGroup, async (request, { broker, apiVersion }) => {
  if (apiVersion >= protocolSince && (request.protocolType === null || request.protocolName === null))
    return { errorCode: errorCodes.INCONSISTENT_GROUP_PROTOCOL, assignment: emptyBytes }
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
