/** Structured log lines. Whoever starts a process decides where they go; secrets never enter them. */
import type { Clock } from './clock.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface LogLine {
  readonly atMs: number
  readonly level: LogLevel
  readonly component: string
  readonly message: string
  readonly fields: LogFields
  /** The process that told it, where that is another than the one that writes. */
  readonly process?: string
}

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same log under another component's name, and for another process where it told the lines. */
  of(component: string, process?: string): Logger
}

/** A logger that hands each line of at least `least` to `write`. */
export const createLogger = (
  write: (line: LogLine) => void,
  clock: Clock,
  component: string,
  least: LogLevel = 'info',
  process?: string,
): Logger => {
  const from = logLevels.indexOf(least)
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(level) >= from) {
        write({
          atMs: clock.now(),
          level,
          component,
          message,
          fields,
          ...(process === undefined ? {} : { process }),
        })
      }
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    of: (other, tellsIt) => createLogger(write, clock, other, least, tellsIt ?? process),
  }
}

/** Keeps nothing: for tests and tools. */
export const silentLogger: Logger = createLogger(
  () => undefined,
  { now: () => 0, sleep: () => Promise.resolve() },
  'silent',
)
