/**
 * Committed offsets: the table of them, who may write to it, and when an entry has outlived its use. The table holds
 * only what is already stored; decisions about it are pure.
 *
 * - A commit of an old generation is refused: its partitions may belong to somebody else by now.
 * - A group without members takes commits with generation -1: from an administrator, or from a client that assigns
 *   partitions by itself.
 */

import { heard } from './group-membership.ts'
import type { Group, GroupError, GroupLimits } from './group-state.ts'
import { emptyGroup, memberError, NO_MEMBER_ID } from './group-state.ts'

/** How far a group has come in a partition. */
export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: bigint
  /** Epoch of the last record read, or -1 (KIP-320). */
  readonly leaderEpoch: number
  /** Whatever the client wrote beside it. */
  readonly metadata: string
  readonly committedAtMs: number
  /** Set by clients of OffsetCommit v2 to v4 with a retention of their own. */
  readonly expiresAtMs: number | null
}

export interface OffsetKey {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
}

type ByPartition = Map<number, CommittedOffset>
type ByTopic = Map<string, ByPartition>

/** All committed offsets, by group, topic and partition. */
export class CommittedOffsets {
  readonly #groups = new Map<string, ByTopic>()

  get(key: OffsetKey): CommittedOffset | undefined {
    return this.#groups.get(key.groupId)?.get(key.topic)?.get(key.partition)
  }

  set(key: OffsetKey, committed: CommittedOffset): void {
    const topics = this.#groups.get(key.groupId) ?? new Map<string, ByPartition>()
    const partitions = topics.get(key.topic) ?? new Map<number, CommittedOffset>()
    this.#groups.set(key.groupId, topics.set(key.topic, partitions.set(key.partition, committed)))
  }

  delete(key: OffsetKey): void {
    const topics = this.#groups.get(key.groupId)
    const partitions = topics?.get(key.topic)
    partitions?.delete(key.partition)
    if (partitions?.size === 0) topics?.delete(key.topic)
    if (topics?.size === 0) this.#groups.delete(key.groupId)
  }

  /** What a group has committed, by topic and partition. */
  ofGroup(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#groups.get(groupId) ?? new Map()
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  groupIds(): string[] {
    return [...this.#groups.keys()]
  }

  /** Every entry, or every one of a group. */
  *entries(groupId?: string): Generator<readonly [OffsetKey, CommittedOffset]> {
    for (const [id, topics] of this.#groups) {
      if (groupId !== undefined && id !== groupId) continue
      for (const [topic, partitions] of topics)
        for (const [partition, committed] of partitions) yield [{ groupId: id, topic, partition }, committed]
    }
  }
}

/** Who commits, in the words of the coordinator. */
export interface Committer {
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
  /** From v9 a missing group is told apart from an old generation. */
  readonly knowsMissingGroup: boolean
}

/** Decides whether somebody may commit. A commit of a member counts as a sign of life. */
export const mayCommit = (
  group: Group | undefined,
  committer: Committer,
  around: { readonly nowMs: number; readonly groupCount: number; readonly limits: GroupLimits },
): { readonly group: Group | null; readonly error: GroupError } => {
  const isOutsider = committer.generation < 0
  if (group === undefined) {
    if (!isOutsider)
      return { group: null, error: committer.knowsMissingGroup ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION' }
    return around.groupCount >= around.limits.groupsMax
      ? { group: null, error: 'POLICY_VIOLATION' }
      : { group: emptyGroup(committer.groupId, around.nowMs), error: 'NONE' }
  }
  if (isOutsider && group.phase === 'Empty') return { group, error: 'NONE' }
  const error = memberCommitError(group, committer)
  if (error !== 'NONE') return { group, error }
  // The member knows the new generation but cannot have its assignment yet: what it commits belongs to the old one.
  if (group.phase === 'CompletingRebalance') return { group, error: 'REBALANCE_IN_PROGRESS' }
  return { group: heard(group, committer.memberId, around.nowMs), error: 'NONE' }
}

const memberCommitError = (group: Group, committer: Committer): GroupError => {
  const { generation, memberId, instanceId } = committer
  if (generation < 0 && memberId === NO_MEMBER_ID && instanceId === null) return 'UNKNOWN_MEMBER_ID'
  const error = memberError(group, memberId, instanceId)
  if (error !== 'NONE') return error
  return generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION'
}

/** Whether offsets of a group may be deleted one by one. */
export const offsetDeleteError = (group: Group | undefined): GroupError => {
  if (group === undefined) return 'GROUP_ID_NOT_FOUND'
  // Of a consumer group in use only topics that nobody reads; of others nothing is known.
  return group.phase === 'Empty' || group.protocolType === 'consumer' ? 'NONE' : 'NON_EMPTY_GROUP'
}

/**
 * Whether a committed offset has outlived its group's use of it, as KIP-211 has it: counted from the time the group
 * became empty, or, where nobody reads the topic any more, from the commit. `subscribed` is null when unknown.
 */
export const isExpired = (
  group: Group,
  committed: CommittedOffset,
  topic: string,
  subscribed: ReadonlySet<string> | null,
  nowMs: number,
  retentionMs: number,
): boolean => {
  const sinceMs = expiryStartMs(group, committed, topic, subscribed)
  if (sinceMs === null) return false
  return committed.expiresAtMs === null ? nowMs - sinceMs >= retentionMs : nowMs >= committed.expiresAtMs
}

const expiryStartMs = (
  group: Group,
  committed: CommittedOffset,
  topic: string,
  subscribed: ReadonlySet<string> | null,
): number | null => {
  if (group.protocolType === null) return committed.committedAtMs
  if (group.phase === 'Empty') return Math.max(group.phaseSinceMs, committed.committedAtMs)
  const isUnread = group.phase === 'Stable' && subscribed !== null && !subscribed.has(topic)
  return isUnread ? committed.committedAtMs : null
}
