/**
 * Runs the steps over a batch: pure, synchronous, by batch. Tells of each record how it ended, or leaves it a row.
 */
import type { DeadLetter } from '../flow/dead-letter.ts'
import { outcomeCode, pending } from '../flow/outcome.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { Rows } from '../flow/rows.ts'
import type { Step, StepReport } from '../flow/step.ts'
import type { EndedSample, Observation, Refusal } from './observation.ts'

export interface Worked {
  readonly batch: RecordBatch
  /** What is left for the sink. */
  readonly rows: Rows
  /** Outcome codes by record; `pending` where rows go to the sink. */
  readonly outcomes: Uint8Array
  readonly refusals: readonly Refusal[]
  /** The first record that each step ended. */
  readonly ended: readonly EndedSample[]
}

/** @param observation told what each step did, once for the batch */
export const runSteps = (
  batch: RecordBatch,
  steps: readonly Step[],
  observation: Observation | null = null,
): Worked => {
  const outcomes = new Uint8Array(batch.count).fill(pending)
  const refusals: Refusal[] = []
  const ended: EndedSample[] = []
  let rows = Rows.of(batch)
  for (const step of steps) {
    const given = rows
    const refusedBefore = refusals.length
    let isFirst = true
    const report: StepReport = {
      end: (row, outcome) => {
        const record = given.recordOf(row)
        outcomes[record] = outcomeCode[outcome]
        if (isFirst) ended.push({ record, step: step.id, outcome })
        isFirst = false
      },
      refuse: (row, reason) => {
        const record = given.recordOf(row)
        outcomes[record] = outcomeCode.dead_lettered
        refusals.push({ record, step: step.id, reason })
      },
    }
    const startedAtMs = observation?.stopwatch() ?? 0
    rows = step.run(given, report)
    observation?.stepDone(step.id, {
      in: given.count,
      out: rows.count,
      errors: refusals.length - refusedBefore,
      elapsedMs: observation.stopwatch() - startedAtMs,
    })
    if (rows.count === 0) break
  }
  return { batch, rows, outcomes, refusals, ended }
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
