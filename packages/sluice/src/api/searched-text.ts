/** Plain words in place of an expression: whoever looks for `Lisbon` need not know a language first. Pure. */

const quoted = /^(?:"([^"\\]+)"|'([^'\\]+)')$/
/** Whatever only an expression has. */
const expressive = /[=<>!&|()[\]{}?"'`+*%\\$]/
const roots = /\b(?:event|meta|true|false|null)\b/
const readable = /[\p{L}\p{N}]/u

/**
 * The text that a filter looks for: a text in quotes, or words that are no expression. Null where it is an expression,
 * also a wrong one: that has a problem with a place.
 */
export const searchedText = (filter: string): string | null => {
  const text = filter.trim()
  const inQuotes = quoted.exec(text)
  if (inQuotes !== null) return inQuotes[1] ?? inQuotes[2] ?? null
  return !readable.test(text) || expressive.test(text) || roots.test(text) ? null : text
}
