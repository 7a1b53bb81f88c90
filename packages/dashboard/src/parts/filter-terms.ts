/**
 * The filter as the query bar draws it, and what of a message it looked at.
 *
 * - Colours words of the expression language (CEL); it does not judge them: the server does, with positions.
 * - Finds which fields a filter reads, so that a row can show where the answer came from.
 */
import { indexJson } from './json/scan.ts'
import { nodeAt } from './json/tree.ts'

/** How a piece of the filter is drawn. */
export type TermKind = 'space' | 'name' | 'operator' | 'text' | 'number' | 'word' | 'other'

export interface Term {
  readonly kind: TermKind
  readonly text: string
  readonly at: number
}

const pattern =
  /(?<space>\s+)|(?<text>[rRbB]?(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))|(?<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)u?)|(?<word>\b(?:true|false|null|in)\b)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<operator>&&|\|\||[<>=!]=|[<>!?:+\-*/%])|(?<other>[\s\S])/g

const kindNames: readonly TermKind[] = ['space', 'text', 'number', 'word', 'name', 'operator', 'other']

/** The filter cut into what is drawn alike; together the pieces are the filter, whatever was typed. */
export const termsOf = (filter: string): readonly Term[] =>
  Array.from(filter.matchAll(pattern), (found) => ({
    kind: kindNames.find((kind) => found.groups?.[kind] !== undefined) ?? 'other',
    text: found[0],
    at: found.index,
  }))

/** A field that a filter reads: `event.data.items[0]` is `['data', 'items', 0]` of `event`. */
export interface FieldPath {
  readonly root: 'event' | 'meta'
  readonly path: readonly (string | number)[]
}

/** Fields that a filter reads, each once, in order; what is called (`startsWith`) is not part of a path. */
export const fieldsOf = (filter: string): readonly FieldPath[] => {
  const terms = termsOf(filter).filter((term) => term.kind !== 'space')
  const found = new Map<string, FieldPath>()
  terms.forEach((term, place) => {
    if (term.text !== 'event' && term.text !== 'meta') return
    if (terms[place - 1]?.text === '.') return
    const path = pathFrom(terms, place + 1)
    if (path.length > 0) found.set(JSON.stringify([term.text, path]), { root: term.text, path })
  })
  return [...found.values()]
}

const pathFrom = (terms: readonly Term[], from: number): (string | number)[] => {
  const path: (string | number)[] = []
  let at = from
  for (;;) {
    const [first, second, third] = [terms[at], terms[at + 1], terms[at + 2]]
    if (first?.text === '.' && second?.kind === 'name') {
      if (third?.text === '(') return path
      path.push(second.text)
      at += 2
    } else if (first?.text === '[' && third?.text === ']' && second !== undefined) {
      if (second.kind === 'number') path.push(Number(second.text))
      else if (second.kind === 'text') path.push(second.text.slice(1, -1))
      else return path
      at += 3
    } else return path
  }
}

/** Start and end of a piece of a text. */
export type TextRange = readonly [from: number, to: number]

/** Where in a message's JSON text the fields lie that a filter read; texts may be cut. */
export const matchedRanges = (text: string, fields: readonly FieldPath[]): readonly TextRange[] => {
  const paths = fields.filter((field) => field.root === 'event').map((field) => field.path)
  if (paths.length === 0 || !/^\s*[{[]/.test(text)) return []
  const index = indexJson(text)
  const ranges: TextRange[] = []
  for (const path of paths) {
    const node = nodeAt(index, path)
    if (node !== null) ranges.push([index.start(node), index.end(node)])
  }
  return ranges.sort((a, b) => a[0] - b[0])
}

const quoted = /^(?:"([^"\\]+)"|'([^'\\]+)')$/
const expressive = /[=<>!&|()[\]{}?"'`+*%\\$]/
const roots = /\b(?:event|meta|true|false|null)\b/

/** The words that a filter looks for, by the server's own rule; null where it is an expression. */
export const wordsOf = (filter: string): string | null => {
  const text = filter.trim()
  const inQuotes = quoted.exec(text)
  if (inQuotes !== null) return inQuotes[1] ?? inQuotes[2] ?? null
  return !/[\p{L}\p{N}]/u.test(text) || expressive.test(text) || roots.test(text) ? null : text
}

/** Where words lie in a text, whatever the case; at most so many as a line can show. */
export const wordRanges = (text: string, words: string): readonly TextRange[] => {
  const [own, wanted] = [text.toLowerCase(), words.toLowerCase()]
  const ranges: TextRange[] = []
  // Some letters change their length with their case: then places would be wrong.
  if (wanted === '' || own.length !== text.length) return ranges
  for (
    let at = own.indexOf(wanted);
    at !== -1 && ranges.length < 100;
    at = own.indexOf(wanted, at + wanted.length)
  )
    ranges.push([at, at + wanted.length])
  return ranges
}

/** The filter looks at the key. */
export const readsKey = (fields: readonly FieldPath[]): boolean =>
  fields.some((field) => field.root === 'meta' && field.path[0] === 'key')

/** A text cut at ranges, in order; overlapping ranges are taken once. */
export const markText = (
  text: string,
  ranges: readonly TextRange[],
): readonly { readonly text: string; readonly marked: boolean }[] => {
  const pieces: { text: string; marked: boolean }[] = []
  let at = 0
  for (const [from, to] of ranges) {
    if (from < at || from >= text.length) continue
    if (from > at) pieces.push({ text: text.slice(at, from), marked: false })
    pieces.push({ text: text.slice(from, to), marked: true })
    at = Math.min(to, text.length)
  }
  if (at < text.length) pieces.push({ text: text.slice(at), marked: false })
  return pieces
}

const shownBefore = 40

/** A line that begins where what was looked at comes into sight: what lies far behind its beginning is led in by `…`. */
export const fromMatch = (
  text: string,
  ranges: readonly TextRange[],
): { readonly text: string; readonly ranges: readonly TextRange[] } => {
  const first = ranges[0]?.[0] ?? 0
  if (first <= shownBefore) return { text, ranges }
  const member = Math.max(text.lastIndexOf(',', first - 1), text.lastIndexOf('{', first - 1)) + 1
  const cut = Math.max(member, first - shownBefore)
  return {
    text: `… ${text.slice(cut)}`,
    ranges: ranges.map(([from, to]) => [from - cut + 2, to - cut + 2]),
  }
}

/** A filter that keeps what both keep. */
export const narrowed = (filter: string, more: string): string => {
  const old = filter.trim()
  // Words are no part of an expression: what is asked now takes their place.
  if (old === '' || wordsOf(old) !== null) return more
  return /\|\||\?/.test(old) ? `(${old}) && ${more}` : `${old} && ${more}`
}
