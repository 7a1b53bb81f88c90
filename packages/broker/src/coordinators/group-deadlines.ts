/**
 * Time in a group: who has been silent too long, which round is over. Pure; the shell asks for the next deadline,
 * sleeps until then, and applies what has passed.
 */
import type { GroupEffect, Step } from './group-decision.ts'
import { removeMember } from './group-membership.ts'
import { completeIfAllJoined, completeJoin, joinDeadlinePassed, prepareRebalance } from './group-rebalance.ts'
import type { Group, GroupLimits, Member } from './group-state.ts'
import { allHaveJoined, withoutMembers } from './group-state.ts'

// Who waits for our answer cannot be silent. A new member is the exception: its client may have given up before it
// learned its own id, and would then never leave.
const canFallSilent = (member: Member): boolean => member.isNew || !(member.awaitsJoin || member.awaitsSync)

/** When something happens in this group if nobody says anything; ms since the epoch, null for never. */
export const nextDeadlineMs = (group: Group): number | null => {
  let nextMs = Number.POSITIVE_INFINITY
  for (const member of group.members.values())
    if (canFallSilent(member)) nextMs = Math.min(nextMs, member.silentAtMs)
  for (const forgetAtMs of group.pendingMembers.values()) nextMs = Math.min(nextMs, forgetAtMs)
  if (group.joinRound !== null) nextMs = Math.min(nextMs, group.joinRound.deadlineMs)
  if (group.syncDeadlineMs !== null) nextMs = Math.min(nextMs, group.syncDeadlineMs)
  return Number.isFinite(nextMs) ? nextMs : null
}

/** Applies every deadline that has come by `nowMs`. */
export const applyDeadlines = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  const effects: GroupEffect[] = []
  const apply = (before: Group, decide: (group: Group) => Step): Group => {
    const step = decide(before)
    effects.push(...step.effects)
    return step.group
  }
  let next = apply(group, (before) => dropSilent(before, nowMs, limits))
  next = apply(next, (before) => forgetPending(before, nowMs))
  if (next.joinRound !== null && next.joinRound.deadlineMs <= nowMs)
    next = apply(next, (before) => joinDeadlinePassed(before, nowMs, limits))
  if (next.syncDeadlineMs !== null && next.syncDeadlineMs <= nowMs)
    next = apply(next, (before) => syncDeadlinePassed(before, nowMs, limits))
  return { group: next, effects }
}

const dropSilent = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  const effects: GroupEffect[] = []
  let remaining = group
  for (const member of group.members.values())
    if (canFallSilent(member) && member.silentAtMs <= nowMs)
      remaining = removeMember(remaining, member.id, effects)
  if (remaining === group) return { group, effects: [] }
  const next = afterRemoval(remaining, nowMs, limits)
  return { group: next.group, effects: [...effects, ...next.effects] }
}

const afterRemoval = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  switch (group.phase) {
    case 'Stable':
    case 'CompletingRebalance':
      return prepareRebalance(group, nowMs, limits)
    // The initial round does not wait out its delay for members that are all gone.
    case 'PreparingRebalance':
      return allHaveJoined(group) ? completeJoin(group, nowMs) : { group, effects: [] }
    case 'Empty':
      return { group, effects: [] }
  }
}

const forgetPending = (group: Group, nowMs: number): Step => {
  const forgotten = [...group.pendingMembers]
    .filter(([, forgetAtMs]) => forgetAtMs <= nowMs)
    .map(([id]) => id)
  return forgotten.length === 0
    ? { group, effects: [] }
    : completeIfAllJoined(withoutMembers(group, forgotten), nowMs)
}

// Members that joined and then never asked for their assignment hold partitions that nobody reads.
const syncDeadlinePassed = (group: Group, nowMs: number, limits: GroupLimits): Step => {
  const effects: GroupEffect[] = []
  let remaining: Group = { ...group, syncDeadlineMs: null }
  for (const member of group.members.values())
    if (!member.hasSynced) remaining = removeMember(remaining, member.id, effects)
  if (remaining.members.size === group.members.size) return { group: remaining, effects: [] }
  const next = prepareRebalance(remaining, nowMs, limits)
  return { group: next.group, effects: [...effects, ...next.effects] }
}
