/** Why a call failed, in the three parts that a person needs: what happened, what it means, what to do next. */

export interface FieldProblem {
  readonly field: string
  readonly problem: string
}

export interface ApiErrorFacts {
  /** null where nothing answered. */
  readonly status: number | null
  readonly code: string
  /** What happened, in a sentence. */
  readonly what: string
  /** What it means for the data. */
  readonly meaning: string
  /** What to do next. */
  readonly next: string
  readonly problems: readonly FieldProblem[]
  readonly requestId: string | null
}

export class ApiError extends Error {
  readonly facts: ApiErrorFacts

  constructor(facts: ApiErrorFacts) {
    super(facts.what)
    this.name = 'ApiError'
    this.facts = facts
  }

  get code(): string {
    return this.facts.code
  }

  get status(): number | null {
    return this.facts.status
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const problemsOf = (value: unknown): FieldProblem[] =>
  Array.isArray(value)
    ? value.filter(isRecord).map(({ field, problem }) => ({ field: String(field), problem: String(problem) }))
    : []

/** What a failed call means for the data: reads change nothing; a refused write changed nothing; else nobody knows. */
const meaningOf = (changes: boolean, status: number | null): string => {
  if (!changes) return 'Nothing was changed; what is shown may be older than it looks.'
  if (status !== null && status < 500) return 'Nothing was changed.'
  return 'Whether it was done is not known: look before you try again.'
}

/** The error that an answer tells of. `changes`: the call was meant to change something. */
export const errorOfAnswer = (status: number, body: unknown, changes: boolean): ApiError => {
  const told = isRecord(body) ? body : {}
  const details = isRecord(told['details']) ? told['details'] : {}
  return new ApiError({
    status,
    code: textOf(told['code']) ?? `HTTP_${status}`,
    what: textOf(told['error']) ?? `Sluice answered with status ${status}.`,
    meaning: status === 401 ? 'This needs somebody who is signed in.' : meaningOf(changes, status),
    next: textOf(details['fix']) ?? 'Try again; if it stays so, look at the logs of Sluice.',
    problems: problemsOf(details['problems']),
    requestId: textOf(told['request_id']),
  })
}

/** The error of a call that nobody answered. */
export const unreachable = (changes: boolean): ApiError =>
  new ApiError({
    status: null,
    code: 'UNREACHABLE',
    what: 'Sluice does not answer.',
    meaning: meaningOf(changes, null),
    next: 'See whether it still runs where it was started. This page goes on trying.',
    problems: [],
    requestId: null,
  })

/** Any thrown thing as an `ApiError`. */
export const apiErrorOf = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError({
        status: null,
        code: 'PAGE_FAILED',
        what: 'This page failed.',
        meaning: 'It is a fault of the page; the data is untouched.',
        next: `Load the page again. What it said: ${error instanceof Error ? error.message : String(error)}`,
        problems: [],
        requestId: null,
      })
