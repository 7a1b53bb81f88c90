/**
 * What a partition's log promises to those above it: batches are stored as they came, an append is answered only
 * when it is as durable as the log was opened to be, and readers never see what could still be lost.
 */
import { type ErrorCode } from 'sluice-kafka-protocol'
import type { ReadResult } from './read-result.ts'
import type { Slab } from './slab.ts'
import type { TimedOffset } from './time-lookup.ts'

/** How an append ended. `error` 0 means that the batch is durable and visible at `baseOffset`. */
export interface AppendOutcome {
  readonly error: ErrorCode
  /** A sentence for the client when `error` is not 0. */
  readonly message: string | null
  readonly baseOffset: bigint
  /** Milliseconds, or -1n unless the topic stamps records with the time of appending. */
  readonly logAppendTimeMs: bigint
  readonly logStartOffset: bigint
}

/** Where the bytes of an append live, and who sends them. */
export interface AppendOptions {
  /** `client` batches are checked as Kafka checks them; `broker` batches are our own (internal topics). */
  readonly origin: 'client' | 'broker'
  /** The slab that holds the bytes. Without one they must belong to the log from now on. */
  readonly slab?: Slab
}

/** One partition's log, open. */
export interface PartitionLog {
  readonly topic: string
  readonly partition: number
  /** The oldest offset that can be read. */
  readonly logStartOffset: bigint
  /** The end of what is durable; readers see only what lies before it. */
  readonly highWatermark: bigint
  readonly leaderEpoch: number
  /** Why this partition refuses to work, or null. */
  readonly damage: string | null
  /** Bytes on disk, all segments. */
  readonly sizeBytes: number
  /**
   * Appends exactly one record batch (magic 2, whole, with its CRC). Base offset and leader epoch are written into
   * the given bytes. Never throws for what a client or the disk did: the outcome carries the error.
   */
  append(batch: Buffer, options: AppendOptions): Promise<AppendOutcome>
  /**
   * Whole batches from the one that holds `offset` on, up to `maxBytes` but at least one batch when there is one and
   * `atLeastOne` is set. The caller must call `release()` on the result when the bytes have been used.
   */
  read(offset: bigint, maxBytes: number, atLeastOne: boolean): Promise<ReadResult>
  /** The first record stamped `timestamp` (ms) or later, or null. */
  offsetAtTime(timestamp: number): Promise<TimedOffset | null>
  /** The record with the latest timestamp, or null when there is none. */
  offsetOfLatestTime(): Promise<TimedOffset | null>
  /** Raises the log start to `offset`; answers the new start, or null when `offset` is beyond what is there. */
  deleteBefore(offset: bigint): Promise<bigint | null>
  /**
   * Calls `work` with the bytes that became visible, whenever some do, until the answer is called. 0 bytes: the log is
   * gone, look again.
   */
  onAppended(work: (bytes: number) => void): () => void
}
