/**
 * JoinGroup, decided: who may join, under which id, and whether that opens a new generation.
 *
 * - From v4 a dynamic member without an id is first given one and must come again with it (KIP-394).
 * - A static member (KIP-345) that comes back takes the place of its former self without a rebalance while the group
 *   is stable and would choose the same protocol; from v9 a returning leader is told to skip the assignment (KIP-814).
 */
import type { Decision, GroupEffect, JoinAnswer, Step } from './group-decision.ts'
import { joinRefusal, syncRefusal } from './group-decision.ts'
import {
  commonProtocols,
  completeIfAllJoined,
  joinAnswer,
  membersForLeader,
  prepareRebalance,
  rebalanceOrComplete,
  selectProtocol,
} from './group-rebalance.ts'
import type { Group, GroupError, GroupLimits, Member, OfferedProtocol } from './group-state.ts'
import {
  emptyBytes,
  emptyGroup,
  memberError,
  NO_MEMBER_ID,
  staticMember,
  withMember,
  withoutMembers,
} from './group-state.ts'

/** A JoinGroup in the words of the coordinator. */
export interface JoinRequest {
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly OfferedProtocol[]
  /** v4 and up. */
  readonly requiresKnownMemberId: boolean
  /** v9 and up. */
  readonly supportsSkipAssignment: boolean
}

/** What a join decision needs beside group and request. */
export interface JoinSurroundings {
  readonly nowMs: number
  /** A part that makes a member id unique, for the case that one is given. */
  readonly uniquePart: string
  /** Groups that exist now. */
  readonly groupCount: number
  readonly limits: GroupLimits
}

const refuse = (group: Group | null, memberId: string, error: GroupError): Decision<JoinAnswer> => ({
  group,
  effects: [],
  reply: { now: joinRefusal(memberId, error) },
})

const parked = (step: Step, memberId: string): Decision<JoinAnswer> => ({
  ...step,
  reply: { parked: memberId },
})

/** Decides a JoinGroup. `group` is undefined when there is none of that name. */
export const join = (
  group: Group | undefined,
  request: JoinRequest,
  around: JoinSurroundings,
): Decision<JoinAnswer> => {
  const { limits } = around
  const refusal = requestError(request, limits)
  if (refusal !== 'NONE') return refuse(group ?? null, request.memberId, refusal)
  if (group === undefined) {
    if (request.memberId !== NO_MEMBER_ID) return refuse(null, request.memberId, 'UNKNOWN_MEMBER_ID')
    if (around.groupCount >= limits.groupsMax) return refuse(null, NO_MEMBER_ID, 'POLICY_VIOLATION')
    return joinNew(emptyGroup(request.groupId, around.nowMs), request, around)
  }
  if (!hasRoomFor(group, request, limits)) {
    const step = completeIfAllJoined(withoutMembers(group, [request.memberId]), around.nowMs)
    return { ...step, reply: { now: joinRefusal(NO_MEMBER_ID, 'GROUP_MAX_SIZE_REACHED') } }
  }
  return request.memberId === NO_MEMBER_ID
    ? joinNew(group, request, around)
    : joinAgain(group, request, around)
}

const requestError = (request: JoinRequest, limits: GroupLimits): GroupError => {
  if (request.groupId === '') return 'INVALID_GROUP_ID'
  if (request.sessionTimeoutMs < limits.sessionTimeoutMinMs) return 'INVALID_SESSION_TIMEOUT'
  if (request.sessionTimeoutMs > limits.sessionTimeoutMaxMs) return 'INVALID_SESSION_TIMEOUT'
  const sizeBytes = request.protocols.reduce((sum, protocol) => sum + protocol.metadata.length, 0)
  return sizeBytes > limits.memberBytesMax ? 'INVALID_REQUEST' : 'NONE'
}

// While a round is open, those who have joined it count, not those who were members: so a group above the limit
// sheds its last comers instead of nobody.
const hasRoomFor = (group: Group, request: JoinRequest, limits: GroupLimits): boolean => {
  const known = group.members.get(request.memberId)
  switch (group.phase) {
    case 'Empty':
      return true
    case 'PreparingRebalance': {
      if (known?.awaitsJoin === true) return true
      let joined = 0
      for (const member of group.members.values()) if (member.awaitsJoin) joined += 1
      return joined < limits.groupSizeMax
    }
    case 'CompletingRebalance':
    case 'Stable':
      return known !== undefined || group.members.size < limits.groupSizeMax
  }
}

const supports = (group: Group, request: JoinRequest): boolean => {
  const offered = request.protocols.map((protocol) => protocol.name)
  if (group.phase === 'Empty') return request.protocolType !== '' && offered.length > 0
  if (group.protocolType !== request.protocolType) return false
  if (group.members.size === 0) return offered.length > 0
  const common = commonProtocols(group)
  return offered.some((name) => common.includes(name))
}

const joinNew = (group: Group, request: JoinRequest, around: JoinSurroundings): Decision<JoinAnswer> => {
  if (!supports(group, request)) return refuse(group, NO_MEMBER_ID, 'INCONSISTENT_GROUP_PROTOCOL')
  const memberId = `${request.instanceId ?? request.clientId}-${around.uniquePart}`
  if (request.instanceId !== null) {
    const former = staticMember(group, request.instanceId)
    return former === undefined
      ? addMember(group, memberId, request, around)
      : replaceStatic(group, former, memberId, request, around)
  }
  if (!request.requiresKnownMemberId) return addMember(group, memberId, request, around)
  if (group.pendingMembers.size >= around.limits.pendingMembersMax)
    return refuse(group, NO_MEMBER_ID, 'GROUP_MAX_SIZE_REACHED')
  const forgetAtMs = around.nowMs + request.sessionTimeoutMs
  const pendingMembers = new Map(group.pendingMembers).set(memberId, forgetAtMs)
  return refuse({ ...group, pendingMembers }, memberId, 'MEMBER_ID_REQUIRED')
}

const joinAgain = (group: Group, request: JoinRequest, around: JoinSurroundings): Decision<JoinAnswer> => {
  const { memberId } = request
  if (!supports(group, request)) return refuse(group, memberId, 'INCONSISTENT_GROUP_PROTOCOL')
  if (group.pendingMembers.has(memberId)) {
    return request.instanceId === null
      ? addMember(group, memberId, request, around)
      : refuse(group, memberId, 'UNKNOWN_MEMBER_ID')
  }
  const error = memberError(group, memberId, request.instanceId)
  const member = group.members.get(memberId)
  if (error !== 'NONE' || member === undefined) return refuse(group, memberId, error)
  const isUnchanged = sameProtocols(member.protocols, request.protocols)
  // Its first answer may have been lost: it hears again what holds. A leader of a stable group that joins wants a
  // rebalance, as partitions may have been added.
  const hearsAgain =
    (group.phase === 'CompletingRebalance' && isUnchanged) ||
    (group.phase === 'Stable' && isUnchanged && group.leaderId !== memberId)
  if (hearsAgain) return { group, effects: [], reply: { now: joinAnswer(group, memberId) } }
  if (group.phase === 'Empty') return refuse(group, memberId, 'UNKNOWN_MEMBER_ID')
  const updated = withMember(group, updatedMember(member, request))
  return parked(rebalanceOrComplete(updated, around.nowMs, around.limits), memberId)
}

const sameProtocols = (one: readonly OfferedProtocol[], other: readonly OfferedProtocol[]): boolean =>
  one.length === other.length &&
  one.every((protocol, index) => {
    const offered = other[index]
    return offered?.name === protocol.name && offered.metadata.equals(protocol.metadata)
  })

const updatedMember = (member: Member, request: JoinRequest): Member => ({
  ...member,
  protocols: request.protocols,
  sessionTimeoutMs: request.sessionTimeoutMs,
  rebalanceTimeoutMs: request.rebalanceTimeoutMs,
  awaitsJoin: true,
})

const addMember = (
  group: Group,
  memberId: string,
  request: JoinRequest,
  around: JoinSurroundings,
): Decision<JoinAnswer> => {
  const pendingMembers = new Map(group.pendingMembers)
  pendingMembers.delete(memberId)
  const member: Member = {
    id: memberId,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocols: request.protocols,
    assignment: emptyBytes,
    awaitsJoin: true,
    awaitsSync: false,
    isNew: true,
    hasSynced: false,
    // It has no heartbeat before it has its first answer. A client that gave up meanwhile must not stay for ever.
    silentAtMs: around.nowMs + around.limits.newMemberJoinTimeoutMs,
  }
  const round = group.joinRound
  const grown: Group = {
    ...withMember(group, member),
    pendingMembers,
    protocolType: group.members.size === 0 ? request.protocolType : group.protocolType,
    leaderId: group.leaderId ?? memberId,
    joinRound: round?.isInitial === true ? { ...round, memberAdded: true } : round,
  }
  return parked(rebalanceOrComplete(grown, around.nowMs, around.limits), memberId)
}

const replaceStatic = (
  group: Group,
  former: Member,
  memberId: string,
  request: JoinRequest,
  around: JoinSurroundings,
): Decision<JoinAnswer> => {
  const { nowMs, limits } = around
  const effects: GroupEffect[] = []
  if (former.awaitsJoin)
    effects.push({
      kind: 'answer-join',
      memberId: former.id,
      answer: joinRefusal(former.id, 'FENCED_INSTANCE_ID'),
    })
  if (former.awaitsSync)
    effects.push({ kind: 'answer-sync', memberId: former.id, answer: syncRefusal('FENCED_INSTANCE_ID') })
  const successor: Member = {
    ...updatedMember(former, request),
    id: memberId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    awaitsSync: false,
    silentAtMs: nowMs + request.sessionTimeoutMs,
  }
  const replaced = inPlaceOf(group, former.id, successor)
  const step = afterReplacement(group, replaced, successor, request, nowMs, limits)
  return parked({ group: step.group, effects: [...effects, ...step.effects] }, memberId)
}

const inPlaceOf = (group: Group, formerId: string, successor: Member): Group => ({
  ...group,
  members: new Map(
    [...group.members].map(([id, member]) => (id === formerId ? [successor.id, successor] : [id, member])),
  ),
  leaderId: group.leaderId === formerId ? successor.id : group.leaderId,
})

const afterReplacement = (
  before: Group,
  replaced: Group,
  successor: Member,
  request: JoinRequest,
  nowMs: number,
  limits: GroupLimits,
): Step => {
  switch (replaced.phase) {
    case 'Stable': {
      if (selectProtocol(replaced) !== replaced.protocolName)
        return rebalanceOrComplete(replaced, nowMs, limits)
      // Stored before it is answered: a broker that restarted with the former id would fence the newcomer.
      const answer = staticAnswer(before, replaced, successor.id, request.supportsSkipAssignment)
      const intent = { kind: 'static-join', memberId: successor.id, answer } as const
      return { group: replaced, effects: [{ kind: 'store', stored: replaced, intent }] }
    }
    // The leader may already have been told the former id and would assign to that one: all join again.
    case 'CompletingRebalance':
      return prepareRebalance(replaced, nowMs, limits)
    case 'PreparingRebalance':
    case 'Empty':
      return completeIfAllJoined(replaced, nowMs)
  }
}

// Before v9 a leader that came back is told its former id as the leader's, so that it does not take itself for the
// leader and send an assignment that a stable group would not spread.
const staticAnswer = (before: Group, group: Group, memberId: string, supportsSkip: boolean): JoinAnswer => {
  const isLeader = group.leaderId === memberId
  const plain = { ...joinAnswer(group, memberId), members: [] }
  if (!supportsSkip) return { ...plain, leaderId: before.leaderId ?? '' }
  return isLeader ? { ...plain, skipAssignment: true, members: membersForLeader(group) } : plain
}
