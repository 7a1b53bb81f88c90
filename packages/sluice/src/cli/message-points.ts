/** Points of a topic as people type them, as the API takes them. */
import { fault } from '../kernel/faults/index.ts'
import { parseDurationMs } from '../kernel/units.ts'

const refuse = (option: string, text: string, help: string) =>
  fault('USAGE_WRONG', { problem: `--${option} ${text} is no time`, help })

/** A time as ISO 8601, or how long ago it was (`15m`); null where the text is neither. */
export const timeOf = (option: string, text: string, nowMs: number, help: string): string | null => {
  const agoMs = parseDurationMs(text)
  if (agoMs !== undefined) return new Date(Math.max(0, nowMs - agoMs)).toISOString()
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null
  if (Number.isNaN(Date.parse(text))) throw refuse(option, text, help)
  return text
}

/**
 * `--from` and `--until` as the API takes them: an offset, a time, a duration ago, or one of its own words.
 * @throws fault USAGE_WRONG for a date that is none
 */
export const pointOf = (option: 'from' | 'until', text: string, nowMs: number): string => {
  if (text === 'beginning') return 'earliest'
  if (text === 'end') return 'latest'
  if (/^\d{1,19}$/.test(text)) return `offset:${text}`
  const help = 'sluice consume --help'
  const [, before = '', rest = text] = /^(before:)?(.*)$/.exec(text) ?? []
  const time = timeOf(option, rest, nowMs, help)
  if (time === null) return text
  return before === '' ? `time:${time}` : `before:${time}`
}

/** Newest first, from the point on towards the past. */
export const isBackward = (from: string): boolean => from === 'newest' || from.startsWith('before:')
