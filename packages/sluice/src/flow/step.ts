/** A step between source and sink: takes rows, gives rows, tells of every row it does not pass on. */
import type { Fault } from '../kernel/faults/index.ts'
import type { Outcome } from './outcome.ts'
import type { Rows } from './rows.ts'

/** Where a step tells how a row ended that it does not pass on. */
export interface StepReport {
  /** The record behind this row of the step's input ends here. */
  end(row: number, outcome: Exclude<Outcome, 'delivered' | 'dead_lettered'>): void
  /** The record behind this row can never pass: it becomes a dead letter with this reason. */
  refuse(row: number, reason: Fault): void
}

/** A step without state. It is synchronous and works by batch: no promise per record. */
export interface Step {
  /** Stable over edits of the file: positions, dead letters and metrics name it. */
  readonly id: string
  /** What it does, in the field's word: `filter`, `map`, `validate`. */
  readonly kind: string
  /** Every row it was given is passed on, ended or refused. Never throws for what a record holds. */
  run(rows: Rows, report: StepReport): Rows
}
