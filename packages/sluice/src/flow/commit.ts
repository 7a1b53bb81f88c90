/**
 * What a commit of a lane is, and the ports that make it durable.
 *
 * A commit holds only under the epoch with which its owner claimed the lane, and only on top of the position it
 * builds on: see "Exactly-once in effect". A zombie's commit therefore changes nothing.
 */
import type { Fault } from '../kernel/faults/index.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { LedgerCounts } from './ledger.ts'
import type { Header } from './record-batch.ts'

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

/** A connection of the sink's database, inside a transaction or not. */
export interface SqlSession {
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number }>
  /** Sends rows in `COPY`'s text format to a `copy … from stdin` statement. */
  copyIn(statement: string, text: string | Uint8Array): Promise<void>
}

/** A database that a sink writes to, with the commit store that lives in it. */
export interface SqlDatabase extends AsyncDisposable {
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it throws. */
  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>
  readonly commitStore: CommitStore
}

/** Hands the commit of a lane to a sink that writes rows and commit in one transaction. */
export interface CommitInSink {
  /** Takes the lane's row; throws LANE_FENCED before anything is written when the claim is lost. */
  fence(session: SqlSession): Promise<void>
  /** Records position, ledger and dead letters, with what the sink itself refused or found to be there already. */
  record(session: SqlSession, result: WriteResult): Promise<void>
}

/** A row that the sink can never take, with the reason. */
export interface RefusedRow {
  /** Row number in the rows that were given to the sink. */
  readonly row: number
  readonly reason: Fault
}

/** A dead letter on its way back into its pipeline, edited or as it came. */
export interface WaitingLetter {
  readonly id: number
  readonly recordId: string
  /** Where it came from: a redriven record tells its own lane, stream and number, not those of the redriving. */
  readonly lane: string
  readonly stream: string
  readonly number: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly timeMs: number
}

/** How a sink took its rows: all that are named in neither list are durably written. */
export interface WriteResult {
  /** Rows that can never be written. */
  readonly refused: readonly RefusedRow[]
  /** Rows that were there already, by the sink's own key. */
  readonly deduplicated: readonly number[]
}

/** Claims and commits of lanes; lives in schema `sluice` of the sink's database, or of Sluice's own. */
export interface CommitStore {
  /**
   * Takes the lane: raises its epoch, so that whoever held it before is fenced.
   * @param generation of the consumer group, where there is one: an older one of the same group incarnation is refused.
   * @throws fault LANE_FENCED where a newer generation holds the lane
   */
  claim(lane: LaneKey, owner: string, generation: number | null): Promise<LaneClaim>
  /** The present epoch of each lane of a pipeline: a greater one than a claim's own means that the claim is lost. */
  epochs(pipeline: string): Promise<ReadonlyMap<string, number>>
  /** Commits in a transaction of its own. @throws fault LANE_FENCED */
  commit(commit: LaneCommit): Promise<void>
  /** Dead letters that somebody asked to redrive, oldest first. */
  toRedrive(pipeline: string, limit: number): Promise<readonly WaitingLetter[]>
  fenceIn(session: SqlSession, commit: LaneCommit): Promise<void>
  commitIn(session: SqlSession, commit: LaneCommit): Promise<void>
}
