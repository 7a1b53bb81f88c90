/** What every kind of group membership shares: how it is set up, whom it tells, how it commits. */
import type { KafkaCluster } from '../cluster/cluster.ts'
import type { BrokerConnection } from '../connection/connection.ts'
import type { AssignorName } from './assignors/index.ts'
import type { Partitions } from './partitions.ts'

export interface GroupOptions {
  readonly group: string
  /** Names, or a pattern that names must match whole; topics that come to match later are taken in. */
  readonly topics: readonly string[] | RegExp
  /** In the order in which they are wanted; every member must know one in common. */
  readonly assignors: readonly AssignorName[]
  /** `group.instance.id`: a member that comes back under it within the session gets its partitions without a rebalance. */
  readonly instanceId: string | null
  readonly rackId: string | null
  /** Without a heartbeat for so long, the coordinator counts the member as gone. */
  readonly sessionTimeoutMs: number
  /** How long the coordinator waits for all members to join again. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
  /** How long work in flight may take to end before its partitions go without it. */
  readonly releaseMs: number
  /** How often it is looked whether topics have other partitions now. */
  readonly topicCheckMs: number
}

export interface GroupListener {
  /**
   * These are the member's from now on, and all it holds has this generation now (classic protocol) or member epoch
   * (KIP-848). May be empty.
   */
  assigned(added: Partitions, generation: number): void
  /** The group wants them back. They go when this resolves: when work in flight has ended and is committed. */
  revoking(partitions: Partitions): Promise<void>
  /** They are somebody else's already, or may be: whatever is in flight must not be committed. */
  lost(partitions: Partitions): void
  /** Something keeps the member out of its group; null: no longer. */
  trouble(problem: unknown): void
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  /** Offset of the next record to be read. */
  readonly offset: bigint
  /** Leader epoch of the last record read; -1 where it is not known. */
  readonly leaderEpoch?: number
  readonly metadata?: string | null
}

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string | null
}

/** Who a member is to its coordinator. */
export interface GroupIdentity {
  readonly group: string
  readonly memberId: string
  readonly instanceId: string | null
  /** Generation (classic protocol) or member epoch (KIP-848); -1 outside the group. */
  readonly generation: number
}

/** A membership. `run` takes part until closed, or until somebody else has taken its identity; it never rejects. */
export interface Membership {
  readonly identity: GroupIdentity
  readonly held: Partitions
  run(): Promise<void>
  /** @throws KafkaError MEMBERSHIP_LOST where the partitions are no longer the member's, and others */
  commit(offsets: readonly OffsetToCommit[]): Promise<void>
  /** Ends `run` and leaves the group, so that the others need not wait for the session to expire. */
  close(): Promise<void>
}

/** What a membership needs of its cluster. */
export interface GroupCluster extends Pick<KafkaCluster, 'forgetCoordinator' | 'metadata'> {
  coordinatorOf(
    group: string,
    purpose?: string | null,
  ): Promise<Pick<BrokerConnection, 'request' | 'versionOf'>>
}
