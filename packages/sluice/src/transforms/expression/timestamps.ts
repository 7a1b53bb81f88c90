/** What `ts()` reads as a time: epoch numbers and ISO 8601 texts; a text without a zone is UTC, never local time. */

/** Below this an epoch number is in seconds (it would be 1973 in milliseconds), from it on in milliseconds. */
const secondsBelow = 1e11
const mostMs = 253_402_300_799_999

const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/
const looksLikeTime =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s*(?:[zZ]|[+-]\d{2}:?\d{2})?)?$/

const ofNumber = (value: number): Date => {
  const ms = Math.abs(value) < secondsBelow ? value * 1_000 : value
  if (!Number.isFinite(ms) || Math.abs(ms) > mostMs) throw new Error(`ts() cannot read ${value} as a time`)
  return new Date(Math.round(ms))
}

const ofText = (text: string): Date => {
  if (text.length <= 40 && looksLikeTime.test(text)) {
    const iso = text.replace(' ', 'T').replace(',', '.').replaceAll(' ', '')
    const parsed = new Date(iso.length <= 10 || zoned.test(iso) ? iso : `${iso}Z`)
    if (!Number.isNaN(parsed.getTime())) return parsed
  }
  throw new Error(`ts() cannot read ${JSON.stringify(text.slice(0, 40))} as a time`)
}

/** @throws Error with a sentence where the value is no time */
export const toTimestamp = (value: unknown): Date => {
  if (value instanceof Date) return value
  if (typeof value === 'number') return ofNumber(value)
  if (typeof value === 'bigint') return ofNumber(Number(value))
  if (typeof value === 'string') return ofText(value)
  throw new Error('ts() needs a number or a text')
}
