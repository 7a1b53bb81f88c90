/**
 * Runs the steps over a batch: pure, synchronous, by batch. Tells of each record how it ended, or leaves it a row.
 */
import type { DeadLetter } from '../flow/dead-letter.ts'
import { outcomeCode, pending } from '../flow/outcome.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { Rows } from '../flow/rows.ts'
import type { Step, StepReport } from '../flow/step.ts'
import type { Fault } from '../kernel/faults/index.ts'

/** A record that a step or the sink refused. */
export interface Refusal {
  /** Index in the batch. */
  readonly record: number
  readonly step: string
  readonly reason: Fault
}

export interface Worked {
  readonly batch: RecordBatch
  /** What is left for the sink. */
  readonly rows: Rows
  /** Outcome codes by record; `pending` where rows go to the sink. */
  readonly outcomes: Uint8Array
  readonly refusals: readonly Refusal[]
}

export const runSteps = (batch: RecordBatch, steps: readonly Step[]): Worked => {
  const outcomes = new Uint8Array(batch.count).fill(pending)
  const refusals: Refusal[] = []
  let rows = Rows.of(batch)
  for (const step of steps) {
    const given = rows
    const report: StepReport = {
      end: (row, outcome) => {
        outcomes[given.recordOf(row)] = outcomeCode[outcome]
      },
      refuse: (row, reason) => {
        const record = given.recordOf(row)
        outcomes[record] = outcomeCode.dead_lettered
        refusals.push({ record, step: step.id, reason })
      },
    }
    rows = step.run(given, report)
    if (rows.count === 0) break
  }
  return { batch, rows, outcomes, refusals }
}

/** The record as it came, with what is needed to understand and redrive it. */
export const deadLetterOf = (batch: RecordBatch, refusal: Refusal, attempts: number): DeadLetter => {
  const { record } = refusal
  const key = batch.keyOf(record)
  const value = batch.valueOf(record)
  return {
    recordId: batch.idOf(record),
    lane: batch.origin.lane,
    stream: batch.origin.stream,
    number: String(batch.numberOf(record)),
    step: refusal.step,
    code: refusal.reason.code,
    reason: refusal.reason.message,
    attempts,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: batch.headersOf(record),
    timeMs: batch.timeOf(record),
  }
}
