/**
 * Heartbeat (key 12, v0-v4): says that a member lives, and hears whether a rebalance has begun.
 *
 * - v3 carries the instance id of static members.
 */
import { errorCodes, Heartbeat } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

export const heartbeat = defineRequest(Heartbeat, async (request, { broker }) => {
  const error = broker.groups.heartbeat({
    groupId: request.groupId,
    generation: request.generationId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
  })
  return { errorCode: errorCodes[error] }
})
