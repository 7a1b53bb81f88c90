/**
 * Values as PostgreSQL's text `COPY` wants them, column type by column type.
 *
 * A value that the type cannot hold throws RECORD_REFUSED before the database sees it; what only the database
 * can tell (a constraint) is found by the sink.
 */
import type { FieldPath } from '../../flow/field-path.ts'
import { type Fault, fault, isFault } from '../../kernel/faults/index.ts'
import type { columnTypes } from './definition.ts'

export type ColumnType = (typeof columnTypes)[number]

export interface Column extends FieldPath {
  readonly name: string
  readonly type: ColumnType
}

/** Text of a value in `COPY`'s text format; `\N` is null. */
export type Encode = (value: unknown) => string

export const copyNull = '\\N'

const special = /[\\\t\n\r]/
const replacements: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

const escapeText = (text: string): string => {
  if (text.includes('\u0000')) throw new TypeError('text with U+0000, which PostgreSQL cannot hold')
  return special.test(text)
    ? text.replaceAll(/[\\\t\n\r]/g, (character) => replacements[character] ?? character)
    : text
}

const wrong = (value: unknown, wanted: string): TypeError =>
  new TypeError(`${describe(value)} is no ${wanted}`)

const describe = (value: unknown): string => {
  const text = typeof value === 'object' ? 'an object' : (JSON.stringify(value) ?? typeof value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const integerWithin =
  (wanted: string, least: bigint, most: bigint): Encode =>
  (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      if (value < least || value > most) throw wrong(value, wanted)
      return String(value)
    }
    if (typeof value === 'bigint' || (typeof value === 'string' && /^[+-]?\d{1,20}$/.test(value))) {
      const whole = BigInt(value)
      if (whole < least || whole > most) throw wrong(value, wanted)
      return String(whole)
    }
    throw wrong(value, wanted)
  }

const float: Encode = (value) => {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return value.trim()
  throw wrong(value, 'number')
}

const real: Encode = (value) => {
  const text = float(value)
  if (Number.isFinite(Number(text)) && !Number.isFinite(Math.fround(Number(text)))) throw wrong(value, 'real')
  return text
}

const text: Encode = (value) => {
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'bigint') return String(value)
  return escapeText(JSON.stringify(value))
}

const boolean: Encode = (value) => {
  if (value === true || value === 'true') return 't'
  if (value === false || value === 'false') return 'f'
  throw wrong(value, 'boolean')
}

// A time without a zone is refused: read as local time it would mean another instant on another machine.
const zoned = /(Z|[+-]\d{2}(:?\d{2})?)$/i

const instant = (value: unknown): Date => {
  if (typeof value === 'number' && Number.isFinite(value)) return new Date(value)
  if (value instanceof Date) return value
  if (typeof value === 'string' && zoned.test(value)) return new Date(value)
  throw wrong(value, 'time with a zone (ISO 8601, or milliseconds since 1970)')
}

// ISO 8601 with a zone; whether the day is in the month, the database tells.
const isoInstant =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d{2}(:?\d{2})?)$/

const timestamp: Encode = (value) => {
  // A text goes as it is: PostgreSQL keeps microseconds that a Date would lose.
  if (typeof value === 'string' && isoInstant.test(value)) return value
  const date = instant(value)
  if (Number.isNaN(date.getTime())) throw wrong(value, 'time')
  const year = date.getUTCFullYear()
  if (year < 0 || year > 9999) throw wrong(value, 'time between the years 0 and 9999')
  return date.toISOString()
}

const date: Encode = (value) => {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)))
    return value
  return timestamp(value).slice(0, 10)
}

const uuid: Encode = (value) => {
  if (typeof value === 'string' && /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value)) return value
  throw wrong(value, 'UUID')
}

// U+0000 as JSON escapes it; a backslash that is itself escaped does not count.
const hasNul = /(?<!\\)(?:\\\\)*\\u0000/

const json: Encode = (value) => {
  const encoded = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? Number(inner) : inner,
  )
  if (hasNul.test(encoded)) throw new TypeError('JSON with U+0000, which PostgreSQL cannot hold')
  return escapeText(encoded)
}

const encoders: Readonly<Record<ColumnType, Encode>> = {
  text,
  boolean,
  smallint: integerWithin('smallint', -32_768n, 32_767n),
  integer: integerWithin('integer', -2_147_483_648n, 2_147_483_647n),
  bigint: integerWithin('bigint', -(2n ** 63n), 2n ** 63n - 1n),
  real,
  'double precision': float,
  numeric: float,
  timestamptz: timestamp,
  date,
  uuid,
  jsonb: json,
}

/** Reads and encodes one column of a row. @throws TypeError with a sentence about the value */
export const encoderOf = (type: ColumnType): Encode => {
  const encode = encoders[type]
  return (value) => (value === null || value === undefined ? copyNull : encode(value))
}

/** What to tell about a value that a column refused. */
export const columnRefusal = (column: string, error: unknown): Fault =>
  isFault(error)
    ? error
    : fault('RECORD_REFUSED', {
        part: `column ${column}`,
        problem: error instanceof Error ? error.message : String(error),
      })
