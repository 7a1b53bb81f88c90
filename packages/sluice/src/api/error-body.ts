/** Any thrown thing as the answer of a call: status, sentence, what to do. Never a stack, never an inner detail. */
import type { Static } from 'typebox'
import type { errorBody } from '../contract/schemas.ts'
import { type Fault, fault, isFault } from '../kernel/faults/index.ts'
import { type Problem, RequestProblems } from './checks.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly body: Static<typeof errorBody>
  readonly fault: Fault
  /** What the log should know beyond the answer: the thing nobody classified. */
  readonly unclassified: unknown
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined

export interface RequestFacts {
  readonly requestId: string
  readonly bodyBytesMax: number
  readonly contentType: string | undefined
  /** Media types that are taken here. */
  readonly takes: string
}

/** Faults for what the HTTP layer refuses before an answer of ours is asked. */
const faultOfHttp = (error: unknown, { bodyBytesMax, contentType, takes }: RequestFacts): Fault | null => {
  if (statusOf(error) === 413) {
    return fault('BODY_TOO_LARGE', { bytes: `more than ${bodyBytesMax}`, bytesMax: bodyBytesMax })
  }
  if (statusOf(error) === 415) {
    return fault('MEDIA_TYPE_UNSUPPORTED', { type: contentType ?? 'unknown', wanted: takes })
  }
  if (statusOf(error) === 400 && error instanceof Error) {
    return fault('REQUEST_INVALID', { field: 'request', problem: error.message })
  }
  return null
}

/** Turns any thrown thing into an answer. */
export const errorAnswer = (error: unknown, facts: RequestFacts): ErrorAnswer => {
  const problems: readonly Problem[] = error instanceof RequestProblems ? error.problems : []
  const known =
    error instanceof RequestProblems ? error.fault : isFault(error) ? error : faultOfHttp(error, facts)
  const told = known ?? fault('INTERNAL', { requestId: facts.requestId })
  return {
    status: told.http,
    body: {
      error: told.message,
      details: { fix: told.fix, problems: [...problems] },
      code: told.code,
      request_id: facts.requestId,
    },
    fault: told,
    unclassified: known === null ? error : undefined,
  }
}
