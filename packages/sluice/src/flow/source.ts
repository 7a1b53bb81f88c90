/** What a source is: where records are read, lane by lane, from a position on. */
import type { Fault } from '../kernel/faults/index.ts'
import type { RecordBatch } from './record-batch.ts'

/** Who decides which worker reads a lane. */
export type Ownership =
  /** The source's own group protocol (Kafka): it tells of lanes with `assigned`, `revoking` and `lost`. */
  | 'group'
  /** Leases in the store: the source lists its lanes, the engine starts those it holds. */
  | 'lease'
  /** Every process that opens the source has a lane of its own (http receivers, host metrics). */
  | 'local'

export type SourceEvent =
  | { readonly kind: 'batch'; readonly batch: RecordBatch }
  /** The group gave us these lanes: the engine claims each and calls `start`. */
  | { readonly kind: 'assigned'; readonly lanes: readonly string[]; readonly generation: number }
  /** The group wants these lanes back: the engine ends and commits what is in flight, then calls `release`. */
  | { readonly kind: 'revoking'; readonly lanes: readonly string[] }
  /** These lanes are somebody else's already: what is in flight is dropped, the fence covers the rest. */
  | { readonly kind: 'lost'; readonly lanes: readonly string[] }
  /**
   * Reading of a lane stands here, with no record before it that is not handed out: the engine commits it in order,
   * so that a start that was chosen once (`latest`, a time) is not chosen anew after a restart.
   */
  | { readonly kind: 'moved'; readonly lane: string; readonly position: string }
  /** Nothing now. */
  | { readonly kind: 'idle' }
  /** This lane is read to its end and will never have more. */
  | { readonly kind: 'ended'; readonly lane: string }

/** How the records of one batch ended, told to the source after the commit. */
export interface Settlement {
  readonly batch: RecordBatch
  /** Outcome codes by record (see outcome.ts). */
  readonly outcomes: Uint8Array
}

export interface LaneLag {
  readonly lane: string
  /** Records between the committed position and the end. */
  readonly records: number
  /** Age of the oldest record not yet committed, where it is known. */
  readonly behindMs: number | null
}

export interface SourceSession extends AsyncDisposable {
  /** Lanes that exist now (ownership `lease` or `local`). */
  lanes(): Promise<readonly string[]>
  /** Reads a lane from a position on; null: from where the options say. */
  start(lane: string, position: string | null): Promise<void>
  /** Stops reading a lane; nothing of it comes after this resolves. */
  stop(lane: string): Promise<void>
  /** The next event; waits at most about a second before it says `idle`. One call at a time. */
  next(signal: AbortSignal): Promise<SourceEvent>
  /**
   * For sources that try again by themselves: what keeps them from reading some or all lanes, when it lasts; null:
   * nothing does. The pipeline is `degraded` with this as its reason for so long.
   */
  trouble?(): Fault | null
  /** No more batches of this lane until resumed; what is read ahead may be kept, bounded. */
  pause(lane: string): void
  resume(lane: string): void
  /** The group may have the lanes: their work is committed. */
  release(lanes: readonly string[]): Promise<void>
  /** After the commit: what a source acknowledges, deletes or answers, it does now. */
  settle(settlement: Settlement): Promise<void>
  /** The batch failed for good or is given up (stop, fence): nothing of it was committed by us. */
  abandon(batch: RecordBatch): void
  lag(): Promise<readonly LaneLag[]>
}

/** Where a lane can be moved to. */
export interface LaneRange {
  readonly lane: string
  readonly earliest: string
  /** The position after its newest record. */
  readonly latest: string
}

/** Moving positions by hand (reset, rewind, skip), without reading any record. */
export interface PositionTools extends AsyncDisposable {
  lanes(): Promise<readonly LaneRange[]>
  /** Where reading starts for a time; the end of the lane where nothing is that new. */
  at(lane: string, timeMs: number): Promise<string>
  /** The position just after record `number` of a lane. */
  past(lane: string, number: bigint): Promise<string>
  /** How many records lie between two positions, negative when `to` lies before; null where that cannot be told. */
  distance(from: string | null, to: string): number | null
}
