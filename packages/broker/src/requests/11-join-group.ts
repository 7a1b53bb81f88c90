/**
 * JoinGroup (key 11, v0-v9): becomes a member of a group, or tells that one still is, and waits for the others.
 *
 * - Answered when the join round ends, which may take the rebalance timeout of the group.
 * - v1 brings the rebalance timeout; v4 the member id that must be asked for first (KIP-394); v5 static members
 *   (KIP-345); v7 the protocol type in the answer; v9 the leader that need not assign (KIP-814).
 */
import { errorCodes, JoinGroup } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

const knownMemberIdSince = 4
const nullProtocolSince = 7
const skipAssignmentSince = 9

export const joinGroup = defineRequest(JoinGroup, async (request, context) => {
  const { broker, apiVersion, connection, clientId } = context
  const answer = await broker.groups.join({
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId: clientId ?? '',
    clientHost: `/${connection.remoteAddress}`,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols,
    requiresKnownMemberId: apiVersion >= knownMemberIdSince,
    supportsSkipAssignment: apiVersion >= skipAssignmentSince,
  })
  return {
    errorCode: errorCodes[answer.error],
    generationId: answer.generation,
    protocolType: answer.protocolType,
    protocolName: apiVersion < nullProtocolSince ? (answer.protocolName ?? '') : answer.protocolName,
    leader: answer.leaderId,
    skipAssignment: answer.skipAssignment,
    memberId: answer.memberId,
    members: answer.members.map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      metadata: member.metadata,
    })),
  }
})
