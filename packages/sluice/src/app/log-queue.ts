/**
 * The way of log lines to the store: a bounded queue that is written about once a second, and retention.
 *
 * The log never waits for the database: while it does not answer, lines wait here up to a bound, then the oldest are
 * counted and left out. The file of the data directory has them all the same.
 */
import type { Clock } from '../kernel/clock.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { LogLine } from '../kernel/logger.ts'
import { counted } from '../kernel/plural.ts'
import { logLineStoreIn } from '../store/log-lines.ts'
import type { Databases } from './databases.ts'
import type { ProcessOptions } from './process-options.ts'

const linesMax = 5_000
const batchLines = 1_000
const shipEveryMs = 500
const lineCharsMax = 8_192
const keepEveryMs = 5 * 60_000

export interface LogQueue {
  add(line: LogLine): void
  /** The oldest lines, at most so many; they are in the queue no more. */
  take(most: number): readonly LogLine[]
  /** Puts back what could not be written. */
  putBack(lines: readonly LogLine[]): void
}

const cut = (text: string): string => (text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}…` : text)

const bounded = (line: LogLine): LogLine => ({
  ...line,
  message: cut(line.message),
  fields: Object.fromEntries(
    Object.entries(line.fields)
      .slice(0, 50)
      .map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  ),
})

export const createLogQueue = (clock: Clock, most = linesMax): LogQueue => {
  let lines: LogLine[] = []
  let leftOut = 0
  const trim = (): void => {
    if (lines.length <= most) return
    // A tenth at once, so that a flood does not move the whole queue with each line.
    const surplus = Math.max(lines.length - most, Math.ceil(most / 10))
    leftOut += surplus
    lines = lines.slice(surplus)
  }
  return {
    add: (line) => {
      lines.push(bounded(line))
      trim()
    },
    take: (count) => {
      const taken = lines.slice(0, count)
      lines = lines.slice(count)
      if (leftOut === 0) return taken
      const message = `${counted(leftOut, 'line')} came too fast, or while the database was away: sluice.log has them`
      leftOut = 0
      return [{ atMs: clock.now(), level: 'warn', component: 'log', message, fields: {} }, ...taken]
    },
    putBack: (back) => {
      lines = [...back, ...lines]
      trim()
    },
  }
}

/**
 * Writes what is in the queue until the signal aborts, then once more.
 * @param name how people call this process
 */
export const shipLogs = async (
  { logQueue, settings, signal }: Pick<ProcessOptions, 'logQueue' | 'settings' | 'signal'>,
  databases: Databases,
  name: string,
): Promise<void> => {
  if (logQueue === null) return
  const store = logLineStoreIn(databases.own)
  const host = settings.hostName
  for (;;) {
    const isLast = signal.aborted
    const lines = logQueue.take(batchLines)
    try {
      await store.add(lines.map((line) => ({ ...line, process: line.process ?? name, host })))
    } catch {
      // Told by everybody else who needs the database; a line of ours would only wait here too.
      logQueue.putBack(lines)
    }
    if (isLast) return
    await systemClock.sleep(shipEveryMs, signal)
  }
}

/** Removes lines that are too old or too many, every few minutes until the signal aborts. */
export const keepLogs = async (
  { configuration, logger, signal }: Pick<ProcessOptions, 'configuration' | 'logger' | 'signal'>,
  databases: Databases,
): Promise<void> => {
  const store = logLineStoreIn(databases.own)
  while (!signal.aborted) {
    try {
      const removed = await store.prune(configuration.log)
      if (removed > 0) logger.of('log').debug('old lines are removed', { lines: removed })
    } catch (error) {
      logger.debug('old log lines cannot be removed now', { problem: messageOf(error) })
    }
    await systemClock.sleep(keepEveryMs, signal)
  }
}
