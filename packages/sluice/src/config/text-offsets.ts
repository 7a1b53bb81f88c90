/** Where a character of a YAML text stands in the file, so that an error inside an expression can be pointed at. */
import type { Scalar } from 'yaml'

const inQuotes = (
  raw: string,
  start: number,
  escapeLength: (at: number) => number,
): ((at: number) => number) => {
  const offsets: number[] = []
  for (let at = 1; at < raw.length - 1; at += escapeLength(at)) offsets.push(start + at)
  return (character) => offsets[character] ?? start + raw.length - 1
}

const inBlock = (raw: string, start: number): ((at: number) => number) => {
  const [header = '', ...lines] = raw.split('\n')
  const indent = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  )
  const offsets: number[] = []
  let at = start + header.length + 1
  for (const line of lines) {
    // A folded line break is one space of the text: one character, either way.
    for (let i = Math.min(indent, line.length); i <= line.length; i++) offsets.push(at + i)
    at += line.length + 1
  }
  return (character) => offsets[character] ?? start
}

/**
 * @param text the whole file
 * @param value what the scalar says
 * @returns offset in the file of character `at` of `value`; the start of the scalar where that cannot be told
 */
export const textOffsets = (text: string, node: Scalar, value: string): ((at: number) => number) => {
  const [start, end] = node.range ?? [0, 0]
  const raw = text.slice(start, end)
  switch (node.type) {
    case 'PLAIN':
      return raw === value ? (at) => start + Math.min(at, raw.length) : () => start
    case 'QUOTE_SINGLE':
      return inQuotes(raw, start, (at) => (raw.startsWith("''", at) ? 2 : 1))
    case 'QUOTE_DOUBLE':
      // Escapes with digits are rare in expressions; behind one, the place is a few columns off.
      return inQuotes(raw, start, (at) => (raw[at] === '\\' ? 2 : 1))
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return inBlock(raw, start)
    case undefined:
      break
  }
  return () => start
}
