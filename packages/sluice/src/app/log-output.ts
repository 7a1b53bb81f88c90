/** Where log lines go: JSON lines for machines, one short line for people at a terminal. Always to stderr. */
import type { LogLine } from '../kernel/logger.ts'

const colours = { debug: 90, info: 36, warn: 33, error: 31 } as const

const fieldsText = (line: LogLine): string =>
  Object.entries(line.fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('')

/** A line for people: time, level where it matters, component, message, fields. */
export const lineForPeople = (line: LogLine, coloured: boolean): string => {
  const time = new Date(line.atMs).toISOString().slice(11, 19)
  const level = line.level === 'info' ? '' : `${line.level}: `
  const text = `${time} ${line.component}: ${level}${line.message}${fieldsText(line)}`
  return coloured ? `\u001B[${colours[line.level]}m${text}\u001B[0m` : text
}

export const lineForMachines = (line: LogLine): string =>
  JSON.stringify({
    time: new Date(line.atMs).toISOString(),
    level: line.level,
    component: line.component,
    message: line.message,
    ...line.fields,
  })

/** Reads a line for machines back; null where it is none. */
export const parseLine = (text: string): LogLine | null => {
  if (!text.startsWith('{')) return null
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('time' in parsed) || !('message' in parsed))
      return null
    const { time, level, component, message, ...fields } = { level: 'info', component: '', ...parsed }
    return {
      atMs: Date.parse(String(time)),
      level: level === 'debug' || level === 'warn' || level === 'error' ? level : 'info',
      component: String(component),
      message: String(message),
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          typeof value === 'number' ||
          typeof value === 'boolean' ||
          typeof value === 'string' ||
          value === null
            ? value
            : JSON.stringify(value),
        ]),
      ),
    }
  } catch {
    return null
  }
}

/** A line of a process of ours as it explains why that did not start: warnings and errors, without their JSON. */
export const explanationOf = (text: string): string | null => {
  const line = parseLine(text)
  if (line === null) return text.trim()
  if (line.level === 'info' || line.level === 'debug') return null
  return `${line.component}: ${line.message}${fieldsText(line)}`
}
