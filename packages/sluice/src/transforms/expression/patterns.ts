/** Regular expressions in linear time: RE2, with bounds on pattern and text, compiled once a pattern. */
import { RE2JS } from 're2js'

const patternCharactersMax = 1_000
const textCharactersMax = 65_536
const keptMax = 128

const kept = new Map<string, RE2JS>()

/**
 * The compiled pattern, from a bounded cache.
 * @throws Error whose message says what RE2 dislikes
 */
export const compilePattern = (pattern: string): RE2JS => {
  const known = kept.get(pattern)
  if (known !== undefined) return known
  if (pattern.length > patternCharactersMax) {
    throw new Error(
      `the pattern has ${pattern.length} characters; at most ${patternCharactersMax} are allowed`,
    )
  }
  const compiled = RE2JS.compile(pattern)
  if (kept.size >= keptMax) {
    const oldest = kept.keys().next().value
    if (oldest !== undefined) kept.delete(oldest)
  }
  kept.set(pattern, compiled)
  return compiled
}

/** Whether the pattern is found anywhere in the text, as CEL's `matches` says. */
export const matchesPattern = (text: string, pattern: string): boolean => {
  if (text.length > textCharactersMax) {
    throw new Error(`the text has ${text.length} characters; matches() takes at most ${textCharactersMax}`)
  }
  return compilePattern(pattern).test(text)
}
