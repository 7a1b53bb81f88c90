/**
 * What a consumer group is (classic protocol), as a value that nobody changes: every decision takes one and returns
 * the next. Sockets, timers and disk are the coordinator's; see `group-coordinator.ts`.
 *
 * - A group is Empty, PreparingRebalance (waits for members to join), CompletingRebalance (waits for the leader's
 *   assignment) or Stable. Kafka's fifth state, Dead, is here a group that does not exist.
 * - The generation grows by one whenever a join round ends; nobody may act for a generation that has passed.
 */
import type { ErrorName } from 'sluice-kafka-protocol'

/** How a group request can end, by Kafka's names. */
export type GroupError = ErrorName

export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** One way to assign partitions that a member offers, with what it says about itself for that way. */
export interface OfferedProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A member of a group. */
export interface Member {
  readonly id: string
  /** group.instance.id of a static member (KIP-345), else null. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** In the member's order of preference. */
  readonly protocols: readonly OfferedProtocol[]
  readonly assignment: Buffer
  /** A JoinGroup of this member waits for its answer. */
  readonly awaitsJoin: boolean
  /** A SyncGroup of this member waits for its answer. */
  readonly awaitsSync: boolean
  /** It has not been told its first generation yet, so it cannot send heartbeats. */
  readonly isNew: boolean
  /** Its SyncGroup for the current generation has come. */
  readonly hasSynced: boolean
  /** When it counts as gone unless it is heard before; ms since the epoch. */
  readonly silentAtMs: number
}

/** A join round that is open: who wants to be in the next generation has until `deadlineMs`. */
export interface JoinRound {
  /** The first round of an empty group: waits its delay even when all have joined, so that others can come. */
  readonly isInitial: boolean
  readonly deadlineMs: number
  /** Only for the initial round: what may still be added when members keep coming. */
  readonly remainingMs: number
  readonly memberAdded: boolean
}

/** A consumer group. */
export interface Group {
  readonly id: string
  readonly phase: GroupPhase
  readonly phaseSinceMs: number
  readonly generation: number
  /** "consumer", "connect", …; null while nobody has ever joined (a simple group only holds offsets). */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** By member id, in order of joining. */
  readonly members: ReadonlyMap<string, Member>
  /** Member ids handed out by MEMBER_ID_REQUIRED and not yet used, with the time when each is forgotten. */
  readonly pendingMembers: ReadonlyMap<string, number>
  readonly joinRound: JoinRound | null
  /** Until when all members must have sent SyncGroup. */
  readonly syncDeadlineMs: number | null
}

/** Bounds of the group coordinator; names in Kafka's configuration are given where there is one. */
export interface GroupLimits {
  /** group.min.session.timeout.ms */
  readonly sessionTimeoutMinMs: number
  /** group.max.session.timeout.ms */
  readonly sessionTimeoutMaxMs: number
  /** group.initial.rebalance.delay.ms; Kafka waits 3000, an embedded broker does not. */
  readonly initialRebalanceDelayMs: number
  /** group.max.size */
  readonly groupSizeMax: number
  /** Member ids handed out and not yet used, per group. */
  readonly pendingMembersMax: number
  /** Groups that may exist at once. */
  readonly groupsMax: number
  /** Bytes of one member's subscriptions together, and of one member's assignment. */
  readonly memberBytesMax: number
  /** Bytes of all that is stored of a group: subscriptions and assignments of all members. */
  readonly groupBytesMax: number
  /** offset.metadata.max.bytes */
  readonly offsetMetadataBytesMax: number
  /** How long a first JoinGroup is kept waiting before its client is asked to try again; Kafka's constant. */
  readonly newMemberJoinTimeoutMs: number
  /** offsets.retention.minutes, in ms */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckMs: number
}

/** Kafka's defaults, but for the initial delay and for the bounds that Kafka does not have. */
export const groupLimits: GroupLimits = {
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  groupSizeMax: 1_000,
  pendingMembersMax: 1_000,
  groupsMax: 10_000,
  memberBytesMax: 1024 * 1024,
  groupBytesMax: 16 * 1024 * 1024,
  offsetMetadataBytesMax: 4_096,
  newMemberJoinTimeoutMs: 300_000,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckMs: 600_000,
}

/** No generation yet, or a caller that does not take part in one. */
export const NO_GENERATION = -1
/** The member id of somebody who has none yet. */
export const NO_MEMBER_ID = ''
export const emptyBytes = Buffer.alloc(0)

/** A group nobody has joined. */
export const emptyGroup = (id: string, nowMs: number): Group => ({
  id,
  phase: 'Empty',
  phaseSinceMs: nowMs,
  generation: 0,
  protocolType: null,
  protocolName: null,
  leaderId: null,
  members: new Map(),
  pendingMembers: new Map(),
  joinRound: null,
  syncDeadlineMs: null,
})

/** The group with this member added, or in the place of the one with the same id. */
export const withMember = (group: Group, member: Member): Group => ({
  ...group,
  members: new Map(group.members).set(member.id, member),
})

/** The group with every member changed by `change`. */
export const withMembers = (group: Group, change: (member: Member) => Member): Group => ({
  ...group,
  members: new Map([...group.members].map(([id, member]) => [id, change(member)])),
})

/** The group without these members; when the leader goes, the member that has been there longest leads. */
export const withoutMembers = (group: Group, ids: readonly string[]): Group => {
  const members = new Map(group.members)
  const pendingMembers = new Map(group.pendingMembers)
  for (const id of ids) {
    members.delete(id)
    pendingMembers.delete(id)
  }
  const keepsLeader = group.leaderId !== null && members.has(group.leaderId)
  const leaderId = keepsLeader ? group.leaderId : (members.keys().next().value ?? null)
  return { ...group, members, pendingMembers, leaderId }
}

/** The static member with this instance id. */
export const staticMember = (group: Group, instanceId: string): Member | undefined => {
  for (const member of group.members.values()) if (member.instanceId === instanceId) return member
  return undefined
}

/** Member and instance id as Kafka checks them: an instance id must belong to that very member. */
export const memberError = (group: Group, memberId: string, instanceId: string | null): GroupError => {
  if (instanceId !== null) {
    const owner = staticMember(group, instanceId)
    if (owner === undefined) return 'UNKNOWN_MEMBER_ID'
    if (owner.id !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID'
}

/** All members have joined the open round, and nobody who was given an id is still to come. */
export const allHaveJoined = (group: Group): boolean => {
  if (group.pendingMembers.size > 0) return false
  for (const member of group.members.values()) if (!member.awaitsJoin) return false
  return true
}

/** The longest rebalance timeout of any member, in ms. */
export const rebalanceTimeoutMs = (group: Group): number => {
  let longestMs = 0
  for (const member of group.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
  return longestMs
}

/** What the member says about itself for the protocol that the group chose. */
export const metadataFor = (member: Member, protocolName: string | null): Buffer =>
  member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? emptyBytes
