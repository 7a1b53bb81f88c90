/**
 * How a group comes from one generation to the next: a join round opens, closes, and everybody in it learns the new
 * generation. Decisions only (KIP-62 timeouts, KIP-134 initial delay, KIP-345 static members).
 */
import type { GroupEffect, JoinAnswer, Step } from './group-decision.ts'
import { syncRefusal } from './group-decision.ts'
import type { Group, GroupLimits, Member } from './group-state.ts'
import {
  allHaveJoined,
  emptyBytes,
  metadataFor,
  rebalanceTimeoutMs,
  withMembers,
  withoutMembers,
} from './group-state.ts'

/** Names that every member offers, in the order of the member that joined first. */
export const commonProtocols = (group: Group): readonly string[] => {
  const [first, ...others] = group.members.values()
  if (first === undefined) return []
  return first.protocols
    .map((protocol) => protocol.name)
    .filter((name) => others.every((member) => member.protocols.some((offered) => offered.name === name)))
}

/** The protocol most members prefer among those that all offer; null when they have none in common. */
export const selectProtocol = (group: Group): string | null => {
  const common = commonProtocols(group)
  const votes = new Map<string, number>()
  for (const member of group.members.values()) {
    const preferred = member.protocols.find((protocol) => common.includes(protocol.name))
    if (preferred !== undefined) votes.set(preferred.name, (votes.get(preferred.name) ?? 0) + 1)
  }
  let chosen: string | null = null
  for (const [name, count] of votes) if (chosen === null || count > (votes.get(chosen) ?? 0)) chosen = name
  return chosen
}

/** What a member is told about the current generation; the leader also gets the list of members. */
export const joinAnswer = (group: Group, memberId: string): JoinAnswer => ({
  error: 'NONE',
  generation: group.generation,
  protocolType: group.protocolType,
  protocolName: group.protocolName,
  leaderId: group.leaderId ?? '',
  skipAssignment: false,
  memberId,
  members: group.leaderId === memberId ? membersForLeader(group) : [],
})

/** Every member with what it says about itself for the chosen protocol. */
export const membersForLeader = (group: Group): JoinAnswer['members'] =>
  [...group.members.values()].map((member) => ({
    id: member.id,
    instanceId: member.instanceId,
    metadata: metadataFor(member, group.protocolName),
  }))

/** Opens a join round, or, in the round that is open, looks whether it is complete. */
export const rebalanceOrComplete = (group: Group, nowMs: number, limits: GroupLimits): Step =>
  group.phase === 'PreparingRebalance'
    ? completeIfAllJoined(group, nowMs)
    : prepareRebalance(group, nowMs, limits)

/** Ends the open round when all have joined, unless it is the initial one, which waits out its delay. */
export const completeIfAllJoined = (group: Group, nowMs: number): Step =>
  group.phase === 'PreparingRebalance' && group.joinRound?.isInitial !== true && allHaveJoined(group)
    ? completeJoin(group, nowMs)
    : { group, effects: [] }

/** Opens a join round. Members that wait for an assignment are told to join again. */
export const prepareRebalance = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  const effects: GroupEffect[] = []
  const isInitial = group.phase === 'Empty'
  const base = group.phase === 'CompletingRebalance' ? refuseSyncs(group, nowMs, effects) : group
  const longestMs = rebalanceTimeoutMs(base)
  const delayMs = isInitial ? limits.initialRebalanceDelayMs : longestMs
  const preparing: Group = {
    ...base,
    phase: 'PreparingRebalance',
    phaseSinceMs: nowMs,
    syncDeadlineMs: null,
    joinRound: {
      isInitial,
      deadlineMs: nowMs + delayMs,
      remainingMs: isInitial ? Math.max(longestMs - delayMs, 0) : 0,
      memberAdded: false,
    },
  }
  const completed = completeIfAllJoined(preparing, nowMs)
  return { group: completed.group, effects: [...effects, ...completed.effects] }
}

const refuseSyncs = (group: Group, nowMs: number, effects: GroupEffect[]): Group =>
  withMembers(group, (member) => {
    if (member.awaitsSync)
      effects.push({ kind: 'answer-sync', memberId: member.id, answer: syncRefusal('REBALANCE_IN_PROGRESS') })
    return {
      ...member,
      assignment: emptyBytes,
      awaitsSync: false,
      silentAtMs: member.awaitsSync ? nowMs + member.sessionTimeoutMs : member.silentAtMs,
    }
  })

/** The deadline of the open round has come: the initial one may be prolonged, any other ends. */
export const joinDeadlinePassed = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  const round = group.joinRound
  if (group.phase !== 'PreparingRebalance' || round === null) return { group, effects: [] }
  if (!round.isInitial || !round.memberAdded || round.remainingMs === 0) return completeJoin(group, nowMs)
  const delayMs = Math.min(limits.initialRebalanceDelayMs, round.remainingMs)
  const joinRound = {
    isInitial: true,
    deadlineMs: nowMs + delayMs,
    remainingMs: Math.max(round.remainingMs - delayMs, 0),
    memberAdded: false,
  }
  return { group: { ...group, joinRound }, effects: [] }
}

/**
 * Ends the join round. Dynamic members that did not come are out; static ones stay, as they may be restarting. When
 * nobody at all came, but static members are left, the round goes on until their sessions end.
 */
export const completeJoin = (group: Group, nowMs: number): Step => {
  const absent = [...group.members.values()].filter(
    (member) => !member.awaitsJoin && member.instanceId === null,
  )
  const present = withoutMembers(
    group,
    absent.map((member) => member.id),
  )
  if (present.members.size === 0) return becomeEmpty(present, nowMs)
  const leaderId = electLeader(present)
  if (leaderId === null) {
    const deadlineMs = nowMs + rebalanceTimeoutMs(present)
    const joinRound = { isInitial: false, deadlineMs, remainingMs: 0, memberAdded: false }
    return { group: { ...present, joinRound }, effects: [] }
  }
  return startGeneration({ ...present, leaderId }, nowMs)
}

/** The leader stays when it joined; else whoever joined first of those who are here. */
const electLeader = (group: Group): string | null => {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId)
  if (leader?.awaitsJoin === true) return leader.id
  for (const member of group.members.values()) if (member.awaitsJoin) return member.id
  return null
}

const becomeEmpty = (group: Group, nowMs: number): Step => {
  const empty: Group = {
    ...group,
    phase: 'Empty',
    phaseSinceMs: nowMs,
    generation: group.generation + 1,
    protocolName: null,
    leaderId: null,
    joinRound: null,
    syncDeadlineMs: null,
  }
  return { group: empty, effects: [{ kind: 'store', stored: empty, intent: { kind: 'nothing' } }] }
}

const startGeneration = (group: Group, nowMs: number): Step => {
  const effects: GroupEffect[] = []
  const begun: Group = {
    ...group,
    phase: 'CompletingRebalance',
    phaseSinceMs: nowMs,
    generation: group.generation + 1,
    protocolName: selectProtocol(group),
    joinRound: null,
    syncDeadlineMs: nowMs + rebalanceTimeoutMs(group),
  }
  for (const member of begun.members.values()) {
    if (member.awaitsJoin)
      effects.push({ kind: 'answer-join', memberId: member.id, answer: joinAnswer(begun, member.id) })
  }
  const told = (member: Member): Member => ({
    ...member,
    awaitsJoin: false,
    isNew: false,
    hasSynced: false,
    silentAtMs: nowMs + member.sessionTimeoutMs,
  })
  return { group: withMembers(begun, told), effects }
}
