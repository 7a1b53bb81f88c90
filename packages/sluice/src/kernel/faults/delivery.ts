/** Faults on the way of a record from source to sink. */
import { defineFaults } from './define.ts'

export const deliveryFaults = defineFaults({
  BODY_NOT_JSON: {
    http: 422,
    recovery: 'poison',
    says: 'The body is not JSON: {problem}.',
    fix: 'Mend what writes it, then edit and redrive the dead letter.',
  },
  RECORD_REFUSED: {
    http: 422,
    recovery: 'poison',
    says: 'The {part} refused the record: {problem}.',
    fix: 'Mend the record or the definition, then redrive the dead letter.',
  },
  LANE_FENCED: {
    http: 409,
    recovery: 'fenced',
    says: 'Lane {lane} of {pipeline} is owned by somebody else since epoch {epoch}.',
    fix: 'Nothing: the new owner goes on from the last commit.',
  },
  SOURCE_UNAVAILABLE: {
    http: 503,
    recovery: 'retry',
    says: 'The source {source} cannot be read: {problem}.',
    fix: 'Sluice goes on trying with back-off.',
  },
  SINK_UNAVAILABLE: {
    http: 503,
    recovery: 'retry',
    says: 'The sink {sink} cannot be written: {problem}.',
    fix: 'Sluice goes on trying with back-off; nothing is acknowledged meanwhile.',
  },
  POSITION_GONE: {
    http: 409,
    recovery: 'caller',
    says: 'Position {position} of lane {lane} does not exist any more; the oldest is {oldest}.',
    fix: 'Choose what to do with `on_gap`, or reset the position with `sluice pipelines reset`.',
  },
  STEP_FAILED: {
    http: 422,
    recovery: 'caller',
    says: 'The step {step} failed on a record, and its `on_error` is `fail`: {problem}.',
    fix: 'Mend the step or what writes the record, then start the pipeline again; it goes on from this record.',
  },
})
