/**
 * A transactional producer from begin to end: what it may do next, and what an answer makes of it. Decides only.
 *
 * ```
 * unopened ──opened──► idle ──begin──► open ──end──► ending ──ended──► idle
 *                                       └─broke─► broken ──end (abort)─┘
 * ```
 *
 * - What breaks a transaction is mended by aborting it; what takes the identity away (`dead`) is never mended.
 * - A commit whose answer is lost stays `ending`: it may be asked for again, but no longer aborted.
 */
import { errorCodes } from 'sluice-kafka-protocol'
import { isRetriableCode } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { ProducerId } from './produce-batch.ts'

export type Outcome = 'commit' | 'abort'

export type TransactionState =
  | { readonly kind: 'unopened' }
  | { readonly kind: 'idle'; readonly producer: ProducerId }
  | {
      readonly kind: 'open'
      readonly producer: ProducerId
      /** The coordinator may know of it: it has to be ended there. */
      readonly isTouched: boolean
    }
  | {
      readonly kind: 'broken'
      readonly producer: ProducerId
      readonly isTouched: boolean
      readonly problem: Error
      /** The coordinator knows nothing of the producer any more: there is nothing to end. */
      readonly isForgotten: boolean
    }
  | {
      readonly kind: 'ending'
      readonly producer: ProducerId
      readonly outcome: Outcome
      readonly isTouched: boolean
      readonly isForgotten: boolean
      /** Sequence numbers are lost: the next transaction needs another epoch. */
      readonly needsEpoch: boolean
    }
  | { readonly kind: 'dead'; readonly problem: Error }

/** What a coordinator's answer means. */
export type CoordinatorVerdict =
  | 'done'
  /** The same again, soon. */
  | 'again'
  /** The same again, to whoever coordinates now. */
  | 'elsewhere'
  /** The transaction is broken: it can only be aborted. */
  | 'abort'
  /** The coordinator forgot the producer: aborted already, and a new identity is needed. */
  | 'forgotten'
  /** The identity is somebody else's, or may not be used. */
  | 'dead'

const elsewhere: ReadonlySet<number> = new Set([
  errorCodes.NOT_COORDINATOR,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
])

const aborting: ReadonlySet<number> = new Set([
  errorCodes.TRANSACTION_ABORTABLE,
  errorCodes.TOPIC_AUTHORIZATION_FAILED,
  errorCodes.GROUP_AUTHORIZATION_FAILED,
  errorCodes.OPERATION_NOT_ATTEMPTED,
  errorCodes.OFFSET_METADATA_TOO_LARGE,
  errorCodes.ILLEGAL_GENERATION,
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.FENCED_INSTANCE_ID,
  errorCodes.STALE_MEMBER_EPOCH,
])

const forgotten: ReadonlySet<number> = new Set([
  errorCodes.INVALID_PRODUCER_ID_MAPPING,
  errorCodes.UNKNOWN_PRODUCER_ID,
])

/** Of InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit and EndTxn. */
export const coordinatorVerdict = (code: number): CoordinatorVerdict => {
  if (code === errorCodes.NONE) return 'done'
  if (elsewhere.has(code)) return 'elsewhere'
  if (aborting.has(code)) return 'abort'
  if (forgotten.has(code)) return 'forgotten'
  return isRetriableCode(code) ? 'again' : 'dead'
}

/** Most a partition's own error says, where a request has one for each. */
const severity: readonly CoordinatorVerdict[] = ['done', 'again', 'elsewhere', 'abort', 'forgotten', 'dead']

/** The code that decides over a request that has one for each of its partitions; 0 where all are done. */
export const decidingCode = (codes: readonly number[]): number =>
  codes.reduce(
    (worst, code) =>
      severity.indexOf(coordinatorVerdict(code)) > severity.indexOf(coordinatorVerdict(worst)) ? code : worst,
    0,
  )

const misused = (name: string, problem: string): KafkaError =>
  new KafkaError('TRANSACTION_MISUSED', name, problem)

/** @throws KafkaError TRANSACTION_MISUSED where one is under way, and what the identity was lost for */
export const begun = (state: TransactionState, name: string): TransactionState => {
  switch (state.kind) {
    case 'idle':
      return { kind: 'open', producer: state.producer, isTouched: false }
    case 'dead':
      throw state.problem
    case 'unopened':
      throw misused(name, 'its identity is not taken yet')
    case 'open':
    case 'broken':
    case 'ending':
      throw misused(name, 'another one has begun and is not ended')
  }
}

/** The coordinator may know of it from now on. */
export const touched = (state: TransactionState): TransactionState =>
  state.kind === 'open' && !state.isTouched ? { ...state, isTouched: true } : state

/** Something went wrong within it; has no meaning where none is open. */
export const broke = (
  state: TransactionState,
  verdict: 'abort' | 'forgotten' | 'dead',
  problem: Error,
): TransactionState => {
  if (state.kind === 'dead') return state
  if (verdict === 'dead') return { kind: 'dead', problem }
  const isForgotten = verdict === 'forgotten'
  if (state.kind === 'open') return { ...state, kind: 'broken', problem, isForgotten }
  if (state.kind === 'broken') return { ...state, isForgotten: state.isForgotten || isForgotten }
  // A commit that the coordinator refuses can still be aborted.
  if (state.kind === 'ending' && state.outcome === 'commit') {
    const { producer, isTouched } = state
    return { kind: 'broken', producer, isTouched, problem, isForgotten }
  }
  return state.kind === 'ending' ? { ...state, isForgotten: state.isForgotten || isForgotten } : state
}

/** Why nothing can be written in it now. @throws KafkaError TRANSACTION_BROKEN, TRANSACTION_MISUSED, or what ended the identity */
export const assertOpen = (state: TransactionState, name: string): void => {
  if (state.kind === 'open') return
  if (state.kind === 'dead') throw state.problem
  if (state.kind === 'broken') throw brokenProblem(name, state.problem)
  throw misused(name, state.kind === 'ending' ? 'it is being ended' : 'none has begun')
}

export const brokenProblem = (name: string, cause: Error): KafkaError =>
  cause instanceof KafkaError && cause.code === 'TRANSACTION_BROKEN'
    ? cause
    : new KafkaError('TRANSACTION_BROKEN', name, cause.message, cause)

/**
 * All is written, or given up: its end begins, or is asked for again.
 * @param needsEpoch sequence numbers are lost
 * @throws KafkaError TRANSACTION_BROKEN for a commit that is no longer possible, TRANSACTION_MISUSED, what ended the identity
 */
export const ending = (
  state: TransactionState,
  outcome: Outcome,
  needsEpoch: boolean,
  name: string,
): TransactionState & { readonly kind: 'ending' } => {
  if (state.kind === 'ending') {
    if (state.outcome === outcome) return state
    throw misused(name, `its ${state.outcome} was asked for before, and may be done`)
  }
  if (outcome === 'commit' || state.kind !== 'broken') assertOpen(state, name)
  if (state.kind !== 'open' && state.kind !== 'broken') throw misused(name, 'none has begun')
  return {
    kind: 'ending',
    producer: state.producer,
    outcome,
    isTouched: state.isTouched,
    isForgotten: state.kind === 'broken' && state.isForgotten,
    needsEpoch: needsEpoch || state.kind === 'broken',
  }
}

/** What is left to do of an end. */
export type EndingStep = 'end' | 'renew' | 'nothing'

/**
 * @param endedAs under which identity the coordinator answered that it ended; null: it has not yet
 * @param isEpochPerTransaction the coordinator raises the epoch at every end (KIP-890)
 */
export const endingStep = (
  state: TransactionState & { readonly kind: 'ending' },
  endedAs: ProducerId | null,
  isEpochPerTransaction: boolean,
): EndingStep => {
  if (state.isForgotten) return 'renew'
  if (state.isTouched && endedAs === null) return 'end'
  return state.needsEpoch && !isEpochPerTransaction ? 'renew' : 'nothing'
}
