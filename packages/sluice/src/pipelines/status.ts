/** What a running pipeline tells of itself, each second, into the store: pages, commands and metrics read it there. */
import type { LedgerCounts } from '../flow/ledger.ts'

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
}
