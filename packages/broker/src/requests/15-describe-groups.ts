/**
 * DescribeGroups (key 15, v0-v6): state, members and assignments of groups.
 *
 * - What members said and got is told only of a stable group: before that it belongs to no generation.
 * - A group that does not exist is Dead; from v6 that is an error with a sentence (KIP-1043).
 */
import { DescribeGroups, errorCodes, type ResponseInputOf } from 'sluice-kafka-protocol'
import type { Group, Member } from '../coordinators/group-state.ts'
import { emptyBytes, metadataFor } from '../coordinators/group-state.ts'
import { defineRequest } from './define.ts'

type Answer = ResponseInputOf<typeof DescribeGroups>['groups'][number]

const missingGroupSince = 6
/** Bits of READ (3), DELETE (6) and DESCRIBE (8): all that can be done with a group. */
const allGroupOperations = (1 << 3) | (1 << 6) | (1 << 8)

export const describeGroups = defineRequest(DescribeGroups, async (request, { broker, apiVersion }) => ({
  groups: request.groups.map((groupId) => {
    const group = broker.groups.group(groupId)
    const described = group === undefined ? missingGroup(groupId, apiVersion) : describeGroup(group)
    if (!broker.groups.isAvailable) return { ...described, errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE }
    return request.includeAuthorizedOperations
      ? { ...described, authorizedOperations: allGroupOperations }
      : described
  }),
}))

const missingGroup = (groupId: string, apiVersion: number): Answer => ({
  errorCode: apiVersion >= missingGroupSince ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE,
  errorMessage: apiVersion >= missingGroupSince ? `Group ${groupId} not found.` : null,
  groupId,
  groupState: 'Dead',
  protocolType: '',
  protocolData: '',
  members: [],
})

const describeGroup = (group: Group): Answer => ({
  errorCode: errorCodes.NONE,
  groupId: group.id,
  groupState: group.phase,
  protocolType: group.protocolType ?? '',
  protocolData: group.phase === 'Stable' ? (group.protocolName ?? '') : '',
  members: [...group.members.values()].map((member) => describeMember(group, member)),
})

const describeMember = (group: Group, member: Member): Answer['members'][number] => ({
  memberId: member.id,
  groupInstanceId: member.instanceId,
  clientId: member.clientId,
  clientHost: member.clientHost,
  memberMetadata: group.phase === 'Stable' ? metadataFor(member, group.protocolName) : emptyBytes,
  memberAssignment: group.phase === 'Stable' ? member.assignment : emptyBytes,
})
