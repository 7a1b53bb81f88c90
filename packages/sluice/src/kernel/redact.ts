/**
 * Takes secrets out of text before anybody reads it: values that are known, and what looks like one (passwords in
 * addresses, bearer tokens, keys of ours). The last line of defence: nobody writes secrets into a log on purpose.
 */
import type { LogFields, LogLine } from './logger.ts'

export const redacted = '•••'

/** Shorter values stand everywhere by accident. */
const secretCharsMin = 6

const shapes: readonly (readonly [RegExp, string])[] = [
  // The password of an address; greedy up to the last @ before the path, since a password may hold one.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/"']+@/gi, `$1:${redacted}@`],
  [/\b(bearer)\s+[\w.~+/=-]{8,}/gi, `$1 ${redacted}`],
  [/\bsluice_[\w-]{20,}/g, redacted],
  [/\b(password|passwd|secret|token|api_?key)(["']?\s*[=:]\s*["']?)[^\s"',;&)]+/gi, `$1$2${redacted}`],
]

export type Redact = (text: string) => string

/** @param secrets values that must not be seen; short ones are left out */
export const createRedact = (secrets: readonly string[]): Redact => {
  const known = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]))]
    .filter((secret) => secret.length >= secretCharsMin)
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const without = known.reduce((rest, secret) => rest.replaceAll(secret, redacted), text)
    return shapes.reduce((rest, [shape, instead]) => rest.replaceAll(shape, instead), without)
  }
}

/** A line without secrets in message and fields. */
export const redactLine = (line: LogLine, redact: Redact): LogLine => {
  const fields: Record<string, LogFields[string]> = {}
  for (const [name, value] of Object.entries(line.fields)) {
    fields[name] = typeof value === 'string' ? redact(value) : value
  }
  return { ...line, message: redact(line.message), fields }
}
