/**
 * SyncGroup, Heartbeat, LeaveGroup and the end of a store, decided. Errors as Kafka orders them: a fenced or unknown
 * member comes before a wrong generation, a wrong generation before the state of the group.
 */
import type { Decision, GroupEffect, Step, StoreIntent, SyncAnswer } from './group-decision.ts'
import { joinRefusal, syncRefusal } from './group-decision.ts'
import { completeIfAllJoined, prepareRebalance, rebalanceOrComplete } from './group-rebalance.ts'
import type { Group, GroupError, GroupLimits, Member } from './group-state.ts'
import {
  emptyBytes,
  memberError,
  NO_MEMBER_ID,
  staticMember,
  withMember,
  withMembers,
  withoutMembers,
} from './group-state.ts'

/** A SyncGroup in the words of the coordinator. */
export interface SyncRequest {
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
  /** From v5; null when not said. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** By member id; only the leader's count. */
  readonly assignments: ReadonlyMap<string, Buffer>
}

const refuse = (group: Group | null, error: GroupError): Decision<SyncAnswer> => ({
  group,
  effects: [],
  reply: { now: syncRefusal(error) },
})

/** Decides a SyncGroup. Answers are parked until the leader's assignment is stored. */
export const sync = (
  group: Group | undefined,
  request: SyncRequest,
  limits: GroupLimits,
): Decision<SyncAnswer> => {
  if (request.groupId === '') return refuse(group ?? null, 'INVALID_GROUP_ID')
  if (group === undefined) return refuse(null, 'UNKNOWN_MEMBER_ID')
  const member = group.members.get(request.memberId)
  const error = group.phase === 'Empty' ? 'UNKNOWN_MEMBER_ID' : syncError(group, request)
  if (error !== 'NONE' || member === undefined) return refuse(group, error)
  const synced = withMember(group, { ...member, hasSynced: true, awaitsSync: group.phase !== 'Stable' })
  if (group.phase === 'Stable') {
    const { protocolType, protocolName } = group
    const answer: SyncAnswer = { error: 'NONE', protocolType, protocolName, assignment: member.assignment }
    return { group: withSyncDeadline(synced), effects: [], reply: { now: answer } }
  }
  if (group.leaderId !== member.id)
    return { group: withSyncDeadline(synced), effects: [], reply: { parked: member.id } }
  const sizeBytes = [...request.assignments.values()].reduce((sum, assignment) => sum + assignment.length, 0)
  if (sizeBytes > limits.groupBytesMax) return refuse(group, 'UNKNOWN_SERVER_ERROR')
  const assignments = new Map(
    [...group.members.keys()].map((id) => [id, request.assignments.get(id) ?? emptyBytes]),
  )
  const store: GroupEffect = {
    kind: 'store',
    stored: assigned(synced, assignments),
    intent: { kind: 'assign', generation: group.generation, assignments },
  }
  return { group: withSyncDeadline(synced), effects: [store], reply: { parked: member.id } }
}

const syncError = (group: Group, request: SyncRequest): GroupError => {
  const error = memberError(group, request.memberId, request.instanceId)
  if (error !== 'NONE') return error
  if (request.generation !== group.generation) return 'ILLEGAL_GENERATION'
  const { protocolType, protocolName } = request
  if (protocolType !== null && protocolType !== group.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (protocolName !== null && group.protocolName !== null && protocolName !== group.protocolName)
    return 'INCONSISTENT_GROUP_PROTOCOL'
  return group.phase === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

// Nobody is left to wait for.
const withSyncDeadline = (group: Group): Group => {
  for (const member of group.members.values()) if (!member.hasSynced) return group
  return { ...group, syncDeadlineMs: null }
}

const assigned = (group: Group, assignments: ReadonlyMap<string, Buffer>): Group =>
  withMembers(group, (member) => ({ ...member, assignment: assignments.get(member.id) ?? emptyBytes }))

/** What follows when a `store` effect has ended, well (NONE) or not. */
export const afterStore = (
  group: Group,
  intent: StoreIntent,
  error: GroupError,
  nowMs: number,
  limits: GroupLimits,
): Step => {
  switch (intent.kind) {
    case 'nothing':
      return { group, effects: [] }
    case 'assign':
      // Somebody may have joined meanwhile: then this assignment is for a generation that has passed.
      if (group.phase !== 'CompletingRebalance' || group.generation !== intent.generation)
        return { group, effects: [] }
      return error === 'NONE'
        ? becomeStable(assigned(group, intent.assignments), nowMs)
        : refuseAll(group, error, nowMs, limits)
    case 'static-join': {
      const member = group.members.get(intent.memberId)
      if (member?.awaitsJoin !== true || group.phase !== 'Stable') return { group, effects: [] }
      const answer = error === 'NONE' ? intent.answer : joinRefusal(NO_MEMBER_ID, error)
      const heard = withMember(group, { ...heardMember(member, nowMs), awaitsJoin: false })
      return { group: heard, effects: [{ kind: 'answer-join', memberId: member.id, answer }] }
    }
  }
}

const becomeStable = (group: Group, nowMs: number): Step => {
  const effects: GroupEffect[] = []
  const { protocolType, protocolName } = group
  const stable = withMembers(group, (member) => {
    if (!member.awaitsSync) return member
    const answer: SyncAnswer = { error: 'NONE', protocolType, protocolName, assignment: member.assignment }
    effects.push({ kind: 'answer-sync', memberId: member.id, answer })
    return { ...heardMember(member, nowMs), awaitsSync: false }
  })
  return { group: { ...stable, phase: 'Stable', phaseSinceMs: nowMs }, effects }
}

const refuseAll = (group: Group, error: GroupError, nowMs: number, limits: GroupLimits): Step => {
  const effects: GroupEffect[] = []
  const refused = withMembers(group, (member) => {
    if (!member.awaitsSync) return { ...member, assignment: emptyBytes }
    effects.push({ kind: 'answer-sync', memberId: member.id, answer: syncRefusal(error) })
    return { ...heardMember(member, nowMs), awaitsSync: false, assignment: emptyBytes }
  })
  const next = prepareRebalance(refused, nowMs, limits)
  return { group: next.group, effects: [...effects, ...next.effects] }
}

const heardMember = (member: Member, nowMs: number): Member => ({
  ...member,
  silentAtMs: nowMs + member.sessionTimeoutMs,
})

/** The group after hearing from this member: its session starts anew. */
export const heard = (group: Group, memberId: string, nowMs: number): Group => {
  const member = group.members.get(memberId)
  return member === undefined ? group : withMember(group, heardMember(member, nowMs))
}

/** A Heartbeat in the words of the coordinator. */
export interface HeartbeatRequest {
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
}

/** Decides a Heartbeat. REBALANCE_IN_PROGRESS also counts as heard: the member is alive, and is to join again. */
export const heartbeat = (
  group: Group | undefined,
  request: HeartbeatRequest,
  nowMs: number,
): { readonly group: Group | null; readonly error: GroupError } => {
  if (request.groupId === '') return { group: group ?? null, error: 'INVALID_GROUP_ID' }
  if (group === undefined) return { group: null, error: 'UNKNOWN_MEMBER_ID' }
  const error = memberError(group, request.memberId, request.instanceId)
  if (error !== 'NONE') return { group, error }
  if (request.generation !== group.generation) return { group, error: 'ILLEGAL_GENERATION' }
  if (group.phase === 'Empty') return { group, error: 'UNKNOWN_MEMBER_ID' }
  return {
    group: heard(group, request.memberId, nowMs),
    error: group.phase === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE',
  }
}

/** Who leaves; an administrator removes a static member by its instance id alone, with an empty member id. */
export interface Leaver {
  readonly memberId: string
  readonly instanceId: string | null
}

/** Decides a LeaveGroup: each leaver gets its own answer; one rebalance follows for all. */
export const leave = (
  group: Group | undefined,
  groupId: string,
  leavers: readonly Leaver[],
  nowMs: number,
  limits: GroupLimits,
): {
  readonly group: Group | null
  readonly effects: readonly GroupEffect[]
  readonly error: GroupError
  readonly errors: readonly GroupError[]
} => {
  if (groupId === '') return { group: group ?? null, effects: [], error: 'INVALID_GROUP_ID', errors: [] }
  if (group === undefined)
    return { group: null, effects: [], error: 'NONE', errors: leavers.map(() => 'UNKNOWN_MEMBER_ID') }
  const effects: GroupEffect[] = []
  const errors: GroupError[] = []
  let remaining = group
  for (const leaver of leavers) {
    const id = leaverId(remaining, leaver)
    const error = id === null ? 'UNKNOWN_MEMBER_ID' : leaveError(remaining, id, leaver)
    errors.push(error)
    if (id !== null && error === 'NONE') remaining = removeMember(remaining, id, effects)
  }
  if (remaining === group) return { group, effects: [], error: 'NONE', errors }
  const next =
    remaining.phase === 'Empty'
      ? { group: remaining, effects: [] }
      : remaining.phase === 'PreparingRebalance'
        ? completeIfAllJoined(remaining, nowMs)
        : rebalanceAfterLeave(group, remaining, nowMs, limits)
  return { group: next.group, effects: [...effects, ...next.effects], error: 'NONE', errors }
}

// A pending member was in no generation: its going changes none.
const rebalanceAfterLeave = (before: Group, after: Group, nowMs: number, limits: GroupLimits): Step =>
  before.members.size === after.members.size
    ? { group: after, effects: [] }
    : rebalanceOrComplete(after, nowMs, limits)

const leaverId = (group: Group, leaver: Leaver): string | null => {
  if (leaver.memberId !== NO_MEMBER_ID) return leaver.memberId
  return leaver.instanceId === null ? null : (staticMember(group, leaver.instanceId)?.id ?? null)
}

const leaveError = (group: Group, id: string, leaver: Leaver): GroupError =>
  group.pendingMembers.has(id) ? 'NONE' : memberError(group, id, leaver.instanceId)

/** The group without this member. Whatever it still waits for is answered, so that it can start over. */
export const removeMember = (group: Group, id: string, effects: GroupEffect[]): Group => {
  const member = group.members.get(id)
  if (member?.awaitsJoin === true)
    effects.push({
      kind: 'answer-join',
      memberId: id,
      answer: joinRefusal(NO_MEMBER_ID, 'UNKNOWN_MEMBER_ID'),
    })
  if (member?.awaitsSync === true)
    effects.push({ kind: 'answer-sync', memberId: id, answer: syncRefusal('UNKNOWN_MEMBER_ID') })
  return withoutMembers(group, [id])
}
