/** A failed command as exit code and message: what happened, what to do, which command to try next. */
import { type Fault, fault, isFault, messageOf } from '../kernel/faults/index.ts'
import { RemoteFault } from './client-transport.ts'
import { exitCodes } from './exit-codes.ts'
import type { Paint } from './paint.ts'
import { type Typed, withTyped } from './typed.ts'

export interface Failure {
  readonly exitCode: number
  readonly code: string
  readonly error: string
  readonly fix: string
  readonly problems: readonly { readonly field: string; readonly problem: string }[]
  /** A command line. */
  readonly next: string
  readonly requestId: string | null
}

/** Commands that help with a fault, whatever command met it. */
const nextOf: Readonly<Record<string, string>> = {
  SERVER_UNREACHABLE: 'sluice up',
  KEY_MISSING: 'sluice doctor',
  UNAUTHENTICATED: 'sluice doctor',
  ANSWER_UNEXPECTED: 'sluice doctor',
  INTERNAL: 'sluice doctor',
  UNAVAILABLE: 'sluice doctor',
  CONFIG_INVALID: 'sluice lint',
  CONFIG_FILE_MISSING: 'sluice up --help',
  EXPRESSION_INVALID: 'sluice consume --help',
  PORT_TAKEN: 'sluice up --help',
  LISTEN_REFUSED: 'sluice up --help',
}

const unreachable: readonly string[] = ['SERVER_UNREACHABLE', 'ANSWER_UNEXPECTED', 'SHUTTING_DOWN']
const refused: readonly string[] = ['KEY_MISSING', 'UNAUTHENTICATED', 'FORBIDDEN']
const usage: readonly string[] = [
  'USAGE_WRONG',
  'REQUEST_INVALID',
  'CONFIG_INVALID',
  'CONFIG_FILE_MISSING',
  'OPTION_INVALID',
  'LISTEN_REFUSED',
  'INPUT_INVALID',
  'EXPRESSION_INVALID',
]

const exitCodeOf = (code: string): number => {
  if (unreachable.includes(code)) return exitCodes.unreachable
  if (refused.includes(code)) return exitCodes.refused
  return usage.includes(code) ? exitCodes.usage : exitCodes.failed
}

const failureOfFault = (told: Fault, next: string): Failure => ({
  exitCode: exitCodeOf(told.code),
  code: told.code,
  error: told.message,
  fix: told.fix,
  problems: [],
  next: told.code === 'USAGE_WRONG' ? String(told.facts['help'] ?? next) : (nextOf[told.code] ?? next),
  requestId: null,
})

/** @param next what the command that failed says helps */
export const failureOf = (error: unknown, next: string): Failure => {
  if (error instanceof RemoteFault) {
    return {
      exitCode: exitCodeOf(error.code),
      code: error.code,
      error: error.message,
      fix: error.fix,
      problems: error.problems,
      next: error.next ?? nextOf[error.code] ?? next,
      requestId: error.requestId === '' ? null : error.requestId,
    }
  }
  if (isFault(error)) return failureOfFault(error, next)
  return {
    ...failureOfFault(fault('INTERNAL', { requestId: '–' }, error), 'sluice doctor'),
    error: `Something failed inside Sluice: ${messageOf(error)}.`,
    fix: 'This should not happen; please report it with what you did.',
  }
}

export const failureText = (failure: Failure, paint: Paint, typed: Typed): string => {
  // One problem is the message already.
  const problems = failure.problems.length < 2 ? [] : failure.problems
  return [
    `${paint('bad', 'error')} ${withTyped(failure.error, typed)}`,
    ...problems.map(({ field, problem }) => `  ${field}: ${problem}`),
    ...(failure.fix === '' ? [] : [`  ${withTyped(failure.fix, typed)}`]),
    `  Try: ${paint('accent', typed(failure.next))}`,
    '',
  ].join('\n')
}

export const failureJson = (failure: Failure): string =>
  `${JSON.stringify({
    error: failure.error,
    details: { fix: failure.fix, problems: failure.problems },
    code: failure.code,
    request_id: failure.requestId,
    try: failure.next,
  })}\n`
