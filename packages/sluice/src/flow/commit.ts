/**
 * What a commit of a lane is, and the ports that make it durable.
 *
 * A commit holds only under the epoch with which its owner claimed the lane, and only on top of the position it
 * builds on: see "Exactly-once in effect". A zombie's commit therefore changes nothing.
 */
import type { Fault } from '../kernel/faults/index.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { LedgerCounts } from './ledger.ts'

export interface LaneKey {
  readonly pipeline: string
  readonly lane: string
}

/** The right to commit a lane, got by claiming it. */
export interface LaneClaim extends LaneKey {
  /** Fencing epoch: each claim has a greater one. */
  readonly epoch: number
  /** Where the last commit left off; null when there was none. */
  readonly position: string | null
  /** Counts committed so far. */
  readonly counts: LedgerCounts
}

export interface LaneCommit extends LaneKey {
  readonly epoch: number
  /** The position that this commit builds on; anything else in the store means the claim is lost. */
  readonly expected: string | null
  readonly next: string
  /** What to add to the lane's ledger; `in_flight` is 0. */
  readonly counts: LedgerCounts
  readonly deadLetters: readonly DeadLetter[]
  /** On the lane of redriven dead letters: how each of them ended. */
  readonly redriven?: RedriveOutcome
}

export interface RedriveOutcome {
  /** Ids of dead letters that are delivered, filtered or otherwise ended. */
  readonly delivered: readonly number[]
  readonly deadAgain: readonly {
    readonly id: number
    readonly step: string
    readonly code: string
    readonly reason: string
  }[]
}

/** A transaction of the sink's database, as much of it as a commit needs. */
export interface SqlSession {
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number }>
}

/** Hands the commit of a lane to a sink that writes rows and commit in one transaction. */
export interface CommitInSink {
  /** Takes the lane's row; throws LANE_FENCED before anything is written when the claim is lost. */
  fence(session: SqlSession): Promise<void>
  /** Records position, ledger and dead letters, those that the sink itself refused among them. */
  record(session: SqlSession, refused: readonly RefusedRow[]): Promise<void>
}

/** A row that the sink can never take, with the reason. */
export interface RefusedRow {
  /** Row number in the rows that were given to the sink. */
  readonly row: number
  readonly reason: Fault
}

/** Claims and commits of lanes; lives in schema `sluice` of the sink's database, or of Sluice's own. */
export interface CommitStore {
  /**
   * Takes the lane: raises its epoch, so that whoever held it before is fenced.
   * @param generation of the consumer group, where there is one: an older one of the same group incarnation is refused.
   * @throws fault LANE_FENCED where a newer generation holds the lane
   */
  claim(lane: LaneKey, owner: string, generation: number | null): Promise<LaneClaim>
  /** Commits in a transaction of its own. @throws fault LANE_FENCED */
  commit(commit: LaneCommit): Promise<void>
  fenceIn(session: SqlSession, commit: LaneCommit): Promise<void>
  commitIn(session: SqlSession, commit: LaneCommit): Promise<void>
}
