/**
 * LeaveGroup (key 13, v0-v5): members leave at once instead of when their session ends.
 *
 * - v3 takes many members, each with an answer of its own; an administrator removes static members by instance id
 *   alone. Before, the only member's error is the answer's.
 */
import { errorCodes, LeaveGroup } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

const manyMembersSince = 3

export const leaveGroup = defineRequest(LeaveGroup, async (request, { broker, apiVersion }) => {
  const isOne = apiVersion < manyMembersSince
  const leavers = isOne
    ? [{ memberId: request.memberId, instanceId: null }]
    : request.members.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }))
  const { error, errors } = broker.groups.leave(request.groupId, leavers)
  const [first = 'NONE'] = errors
  return {
    errorCode: errorCodes[isOne && error === 'NONE' ? first : error],
    members: errors.map((each, index) => ({
      memberId: leavers[index]?.memberId ?? '',
      groupInstanceId: leavers[index]?.instanceId ?? null,
      errorCode: errorCodes[each],
    })),
  }
})
