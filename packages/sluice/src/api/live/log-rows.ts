/** Lines of the log as they come, for the channel `logs`: those of a level, a component, a process, or with a text. */
import { type LogLevel, logLevels } from '../../kernel/logger.ts'
import { logBody } from '../answers/logs.ts'
import type { LogRow, LogTail } from '../ports.ts'
import type { RowsSource } from './rows-feed.ts'

/** null: whatever it is. */
export interface LogRowsOptions {
  readonly level: LogLevel | null
  /** A trailing `*` stands for any end. */
  readonly component: string | null
  readonly process: string | null
  /** In message or fields, in any case of letters. */
  readonly text: string | null
}

const isComponent = (component: string, wanted: string): boolean =>
  wanted.endsWith('*') ? component.startsWith(wanted.slice(0, -1)) : component === wanted

const holdsText = ({ message, fields }: LogRow, text: string): boolean => {
  const wanted = text.toLowerCase()
  return message.toLowerCase().includes(wanted) || JSON.stringify(fields).toLowerCase().includes(wanted)
}

const isWanted = (line: LogRow, { level, component, process, text }: LogRowsOptions): boolean =>
  (level === null || logLevels.indexOf(line.level) >= logLevels.indexOf(level)) &&
  (component === null || isComponent(line.component, component)) &&
  (process === null || line.process === process) &&
  (text === null || holdsText(line, text))

export const logRows =
  (tail: LogTail, options: LogRowsOptions): RowsSource =>
  (into, signal, started) => {
    const leave = tail.subscribe((lines, dropped) => {
      if (dropped > 0) into.skip(dropped)
      for (const line of lines) {
        if (!isWanted(line, options)) continue
        const text = JSON.stringify(logBody(line))
        into.push({ sizeBytes: text.length, heldBytes: text.length, text: () => text })
      }
    })
    started()
    return new Promise((resolve) => {
      const end = (): void => {
        leave()
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }
