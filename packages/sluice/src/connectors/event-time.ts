/**
 * Event times as they stand in records: ISO 8601, date and time without a zone, seconds or milliseconds since the
 * epoch, or a column for each part. Pure; a time that is none gives null, never a guess.
 */

export const timeFormats = ['auto', 'iso', 'epoch_s', 'epoch_ms'] as const
export type TimeFormat = (typeof timeFormats)[number]

/** From here on a number is milliseconds, below it seconds: 1973 in one reading, 5138 in the other. */
const millisecondsFrom = 1e11

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i

export interface TimeParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

/** Turns local time into UTC: what to subtract, given the local time as if it were UTC. */
export type ZoneOffset = (localMs: number) => number

const fixedOffset = (text: string): number | undefined => {
  if (/^(utc|gmt|z)$/i.test(text)) return 0
  const parts = /^([+-])(\d\d):?(\d\d)?$/.exec(text)
  if (parts === null) return undefined
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0)
  return (parts[1] === '-' ? -minutes : minutes) * 60_000
}

const namedZone = (name: string): ZoneOffset => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (utcMs: number): number => {
    const of: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(utcMs)) of[type] = Number(value)
    const local = Date.UTC(
      of['year'] ?? 0,
      (of['month'] ?? 1) - 1,
      of['day'],
      of['hour'],
      of['minute'],
      of['second'],
    )
    return local - Math.floor(utcMs / 1_000) * 1_000
  }
  // Offsets change on quarter hours at the most often; formatting is too slow to be asked for every record.
  let keptFor = Number.NaN
  let kept = 0
  return (localMs) => {
    const quarter = Math.floor(localMs / 900_000)
    if (quarter !== keptFor) {
      const first = offsetAt(localMs)
      kept = offsetAt(localMs - first)
      keptFor = quarter
    }
    return kept
  }
}

/** How local times of a zone become UTC: `UTC`, `+08:00`, `Europe/Berlin`; undefined where there is no such zone. */
export const zoneOffset = (zone: string): ZoneOffset | undefined => {
  const fixed = fixedOffset(zone)
  if (fixed !== undefined) return () => fixed
  try {
    return namedZone(zone)
  } catch {
    return undefined
  }
}

/** Milliseconds since the epoch of a local time; null where there is no such day or hour. */
export const fromParts = (parts: TimeParts, offset: ZoneOffset): number | null => {
  const { year, month, day, hour, minute, second, millisecond } = parts
  const local = Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  const made = new Date(local)
  const real =
    made.getUTCFullYear() === year &&
    made.getUTCMonth() === month - 1 &&
    made.getUTCDate() === day &&
    made.getUTCHours() === hour &&
    made.getUTCMinutes() === minute &&
    made.getUTCSeconds() === second
  return real ? local - offset(local) : null
}

const parseIso = (text: string, offset: ZoneOffset): number | null => {
  const found = isoPattern.exec(text.trim())
  if (found === null) return null
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone] = found
  const own = zone === undefined ? undefined : fixedOffset(zone)
  return fromParts(
    {
      year: Number(year),
      month: Number(month),
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      millisecond: Number(fraction.slice(0, 3).padEnd(3, '0')),
    },
    own === undefined ? offset : () => own,
  )
}

const inRange = (ms: number): number | null => (Math.abs(ms) <= 8.64e15 ? Math.round(ms) : null)

const parseNumber = (value: number, format: TimeFormat): number | null => {
  if (!Number.isFinite(value) || format === 'iso') return null
  const milliseconds = format === 'epoch_ms' || (format === 'auto' && Math.abs(value) >= millisecondsFrom)
  return inRange(milliseconds ? value : value * 1_000)
}

/** Milliseconds since the epoch; `offset` is for times that name no zone themselves. */
export const parseTime = (value: unknown, format: TimeFormat, offset: ZoneOffset): number | null => {
  if (typeof value === 'number') return parseNumber(value, format)
  if (typeof value !== 'string' || value.trim() === '') return null
  if (format === 'auto' || format === 'iso') {
    const ms = parseIso(value, offset)
    if (ms !== null || format === 'iso') return ms
  }
  return parseNumber(Number(value), format)
}
