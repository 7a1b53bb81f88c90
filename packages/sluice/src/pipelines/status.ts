/** What a running pipeline tells of itself, each second, into the store: pages, commands and metrics read it there. */
import type { LedgerCounts } from '../flow/ledger.ts'
import type { Outcome } from '../flow/outcome.ts'
import type { BucketCounts } from './histogram.ts'

export const pipelineStates = [
  'starting',
  'running',
  'degraded',
  'paused',
  'draining',
  'ended',
  'stopped',
  'failed',
] as const
export type PipelineState = (typeof pipelineStates)[number]

export interface LaneStatus {
  readonly lane: string
  /** Read and not yet committed, as the source counted them. */
  readonly uncommitted: number
  /** The same, counted over the batches alive. */
  readonly in_flight: number
  readonly lag_records: number | null
  readonly behind_ms: number | null
}

/** What a step did since this run began. */
export interface StepStatus {
  readonly id: string
  readonly in: number
  readonly out: number
  /** Records that it refused. */
  readonly errors: number
  readonly in_per_second: number
  /** Time per record in µs, measured by batch, over the last minute or so. */
  readonly times: BucketCounts
}

/** One record out of many, and how it ended. */
export interface RecentOutcome {
  readonly at_ms: number
  readonly outcome: Outcome
  /** Step or sink where it ended; null where it was delivered. */
  readonly step: string | null
  readonly code: string | null
  readonly reason: string | null
  readonly lane: string
  readonly number: string
}

export interface PipelineStatus {
  readonly pipeline: string
  readonly fingerprint: string
  readonly state: PipelineState
  readonly since_ms: number
  /** Why it is degraded or failed, in a sentence. */
  readonly reason: string | null
  readonly lanes: readonly LaneStatus[]
  /** Committed since this run began. */
  readonly committed: LedgerCounts
  readonly in_per_second: number
  readonly out_per_second: number
  readonly steps: readonly StepStatus[]
  /** From reading a record to its commit in ms, over the last seconds. */
  readonly latency: BucketCounts
  /** A sample. */
  readonly recent: readonly RecentOutcome[]
}
