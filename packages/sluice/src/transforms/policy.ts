/** What a step does with a record that it cannot evaluate: `on_error`. */
import { Type } from 'typebox'
import type { StepReport } from '../flow/step.ts'
import { type Fault, fault, isFault } from '../kernel/faults/index.ts'
import { evaluationProblem } from './expression/cel.ts'

export type OnError = 'dead' | 'drop' | 'fail'

export const onErrorOption = Type.Union([Type.Literal('dead'), Type.Literal('drop'), Type.Literal('fail')], {
  default: 'dead',
  description:
    'What happens to a record on which the step fails: `dead` makes it a dead letter, `drop` filters it out, `fail` stops the pipeline before it. All are counted.',
})

const reasonOf = (kind: string, error: unknown): Fault =>
  isFault(error)
    ? error
    : fault('RECORD_REFUSED', { part: `${kind} step`, problem: evaluationProblem(error) }, error)

/**
 * Ends the record behind a row as the policy says.
 * @throws fault STEP_FAILED where the policy is `fail`
 */
export const endOnError = (
  policy: OnError,
  step: { readonly id: string; readonly kind: string },
  row: number,
  error: unknown,
  report: StepReport,
): void => {
  if (policy === 'drop') {
    report.end(row, 'filtered')
    return
  }
  const reason = reasonOf(step.kind, error)
  if (policy === 'fail') throw fault('STEP_FAILED', { step: step.id, problem: reason.message }, error)
  report.refuse(row, reason)
}
