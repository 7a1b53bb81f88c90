/** Values as PostgreSQL can hold them: text without U+0000 and halves of surrogate pairs, times within its calendar. */

const replacement = '\uFFFD'

/** Text with what cannot be stored replaced by U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\u0000', replacement)

/** A value as JSON for a column of type jsonb, names and texts made storable. */
export const storableJson = (value: unknown): string =>
  // JSON.stringify escapes halves of pairs and nothing else beyond U+001F, so each such escape is one to replace.
  JSON.stringify(value).replaceAll(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) =>
    escape === '\\\\' ? escape : replacement,
  )

/** What dates of JavaScript and PostgreSQL have in common, in ms since 1970: from the year 1 on. */
const timeMsMin = Date.parse('0001-01-01T00:00:00Z')
const timeMsMax = 8_640_000_000_000_000

/** The time, or the nearest to it that can be stored. */
export const storableTime = (ms: number): Date => new Date(Math.min(timeMsMax, Math.max(timeMsMin, ms)))
