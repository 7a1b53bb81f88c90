/**
 * The conservation ledger: in = delivered + filtered + deduplicated + aggregated + dead_lettered + late + in_flight.
 *
 * Each side is counted where it happens (`in` where positions are read, outcomes where they are committed,
 * `in_flight` as the batches alive), never by subtraction, so that a mismatch shows a bug.
 */
import type { OutcomeCounts } from './outcome.ts'

export interface LedgerCounts extends OutcomeCounts {
  /** Records read from the source. */
  readonly in: number
  /** Records read and not yet committed, counted over the batches alive. */
  readonly in_flight: number
  /** Records written to the sink: a map may make several of one. Not part of the balance. */
  readonly outputs: number
}

export const emptyLedger: LedgerCounts = {
  in: 0,
  delivered: 0,
  filtered: 0,
  deduplicated: 0,
  aggregated: 0,
  dead_lettered: 0,
  late: 0,
  in_flight: 0,
  outputs: 0,
}

export const addLedger = (a: LedgerCounts, b: LedgerCounts): LedgerCounts => ({
  in: a.in + b.in,
  delivered: a.delivered + b.delivered,
  filtered: a.filtered + b.filtered,
  deduplicated: a.deduplicated + b.deduplicated,
  aggregated: a.aggregated + b.aggregated,
  dead_lettered: a.dead_lettered + b.dead_lettered,
  late: a.late + b.late,
  in_flight: a.in_flight + b.in_flight,
  outputs: a.outputs + b.outputs,
})

/** How many records are unaccounted for: positive when some vanished, negative when some ended twice, 0 in balance. */
export const ledgerGap = (counts: LedgerCounts): number =>
  counts.in -
  (counts.delivered +
    counts.filtered +
    counts.deduplicated +
    counts.aggregated +
    counts.dead_lettered +
    counts.late +
    counts.in_flight)
