/**
 * JSON in and out of requests and messages without loss: numbers that JavaScript would round keep their digits,
 * and nesting can be bounded before anything is built.
 */
// In Node 24, not yet in the compiler's library.
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): object
}
// Node 24 has both functions
const exact = JSON as unknown as ExactJson

// Up to 15 significant digits every number survives the way through a double.
const safeDigits = 15

const keepDigits = (_key: string, value: unknown, context: { readonly source?: string }): unknown => {
  const { source } = context
  if (typeof value !== 'number' || source === undefined || source.length <= safeDigits) return value
  return String(value) === source ? value : exact.rawJSON(source)
}

/**
 * Parses JSON; a number that a double cannot hold becomes an object that prints as it was written.
 * @throws SyntaxError
 */
export const parseExact = (text: string): unknown => exact.parse(text, keepDigits)

const quote = 0x22
const backslash = 0x5c
const opens: readonly number[] = [0x5b, 0x7b]
const closes: readonly number[] = [0x5d, 0x7d]

/** How deep brackets and braces are nested, strings left out; stops counting beyond `most`. */
export const nestingOf = (bytes: Uint8Array, most: number): number => {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (inString) {
      if (byte === backslash) i++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (opens.includes(byte)) {
      depth++
      if (depth > deepest) deepest = depth
      if (deepest > most) return deepest
    } else if (closes.includes(byte)) depth--
  }
  return deepest
}
