/**
 * Reads JSON text into a flat index of where its values lie, in slices, so that twenty megabytes never hold the page.
 *
 * - Numbers keep every digit: a value is a range of the text, never a JavaScript number.
 * - Text that was cut (a preview) is indexed as far as it goes; what is open ends at the end of the text.
 * - What is no JSON ends the scan with its place and what belongs there.
 */

/** Kinds of values, as the index stores them. */
export const kinds = { object: 1, array: 2, string: 3, number: 4, true: 5, false: 6, null: 7 } as const

/** Most values one index holds; larger documents are shown as text. */
export const nodesMax = 2_000_000

const deepestMax = 1_000

/** Where and why text is no JSON. `at` counts UTF-16 units from the start. */
export interface JsonProblem {
  readonly at: number
  readonly says: string
}

const words = 9
const KIND = 0
const START = 1
const END = 2
const PARENT = 3
const KEY_START = 4
const KEY_END = 5
const DEPTH = 6
const NEXT = 7
const SIZE = 8

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Where the string that opens at `from` closes, or -1 when it does not. */
const closingQuote = (text: string, from: number): number => {
  let at = text.indexOf('"', from + 1)
  while (at !== -1) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) return at
    at = text.indexOf('"', at + 1)
  }
  return -1
}

type Expecting = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'comma-or-end' | 'nothing'

const wanted: Readonly<Record<Expecting, string>> = {
  value: 'a value belongs here',
  'value-or-end': 'a value or ] belongs here',
  key: 'a name in double quotes belongs here',
  'key-or-end': 'a name in double quotes or } belongs here',
  'comma-or-end': 'a comma or the closing bracket belongs here',
  nothing: 'nothing may follow the document',
}

/** Every value of a document in the order of the text; node 0 is the document itself. Grows while it is read. */
export class JsonIndex {
  readonly text: string
  #count = 0
  #problem: JsonProblem | null = null
  #table = new Int32Array(words * 64)
  #places = new Int32Array(64)
  #at = 0
  #open = -1
  #expecting: Expecting = 'value'
  #key: readonly [number, number] = [-1, -1]
  #ended = false

  constructor(text: string) {
    this.text = text
  }

  /** How many values were found so far. */
  get count(): number {
    return this.#count
  }
  get problem(): JsonProblem | null {
    return this.#problem
  }
  /** Read to its end, and one whole document. */
  get complete(): boolean {
    return this.#ended && this.#problem === null && this.#expecting === 'nothing'
  }
  /** Characters read. */
  get at(): number {
    return this.#at
  }

  kind(node: number): number {
    return this.#table[node * words + KIND] ?? 0
  }
  start(node: number): number {
    return this.#table[node * words + START] ?? 0
  }
  /** Behind the last character of the value; the end of the text while it is open. */
  end(node: number): number {
    const end = this.#table[node * words + END] ?? 0
    return end === 0 ? this.text.length : end
  }
  parent(node: number): number {
    return this.#table[node * words + PARENT] ?? -1
  }
  /** Start of the name, within its quotes; -1 for members of arrays and for the document. */
  keyStart(node: number): number {
    return this.#table[node * words + KEY_START] ?? -1
  }
  keyEnd(node: number): number {
    return this.#table[node * words + KEY_END] ?? -1
  }
  depth(node: number): number {
    return this.#table[node * words + DEPTH] ?? 0
  }
  /** The first node behind this one and everything within it. */
  next(node: number): number {
    const next = this.#table[node * words + NEXT] ?? 0
    return next === 0 ? this.#count : next
  }
  /** How many members a container has. */
  size(node: number): number {
    return this.#table[node * words + SIZE] ?? 0
  }
  /** Place within its container, from 0. */
  place(node: number): number {
    return this.#places[node] ?? 0
  }
  isContainer(node: number): boolean {
    return this.kind(node) === kinds.object || this.kind(node) === kinds.array
  }

  /** Reads about `unitsMax` more characters; true once there is nothing more to read. */
  advance(unitsMax: number): boolean {
    const until = this.#at + unitsMax
    while (!this.#ended && this.#at < until) this.#step()
    return this.#ended
  }

  #step(): void {
    const unit = this.text.charCodeAt(this.#at)
    if (this.#at >= this.text.length) this.#finish()
    else if (unit === 32 || unit === 10 || unit === 13 || unit === 9) this.#at += 1
    else if (this.#expecting === 'comma-or-end') this.#separator(unit)
    else if (this.#expecting === 'key' || this.#expecting === 'key-or-end') this.#name(unit)
    else if (this.#expecting === 'value-or-end' && unit === 93) this.#close()
    else if (this.#expecting === 'nothing') this.#fail(wanted.nothing)
    else this.#value(unit)
  }

  #finish(): void {
    this.#ended = true
    if (this.#expecting !== 'nothing' && this.#problem === null) {
      this.#problem = { at: this.text.length, says: 'the text ends before the document does' }
    }
  }

  #fail(says: string): void {
    this.#problem = { at: this.#at, says }
    this.#ended = true
  }

  #separator(unit: number): void {
    const object = this.kind(this.#open) === kinds.object
    if (unit === 44) {
      this.#at += 1
      this.#expecting = object ? 'key' : 'value'
    } else if (unit === (object ? 125 : 93)) this.#close()
    else this.#fail(object ? 'a comma or } belongs here' : 'a comma or ] belongs here')
  }

  #name(unit: number): void {
    if (unit === 125 && this.#expecting === 'key-or-end') {
      this.#close()
      return
    }
    if (unit !== 34) {
      this.#fail(wanted[this.#expecting])
      return
    }
    const close = closingQuote(this.text, this.#at)
    if (close === -1) {
      this.#finish()
      return
    }
    this.#key = [this.#at + 1, close]
    this.#at = close + 1
    while (this.#at < this.text.length && this.text.charCodeAt(this.#at) <= 32) this.#at += 1
    if (this.#at >= this.text.length) this.#finish()
    else if (this.text.charCodeAt(this.#at) !== 58) this.#fail('a colon belongs here')
    else {
      this.#at += 1
      this.#expecting = 'value'
    }
  }

  #value(unit: number): void {
    if (this.#count >= nodesMax) {
      this.#fail(`more than ${nodesMax.toLocaleString('en')} values: shown as text instead`)
    } else if (unit === 123 || unit === 91) this.#container(unit === 123)
    else if (unit === 34) {
      const close = closingQuote(this.text, this.#at)
      this.#leaf(kinds.string, close === -1 ? this.text.length : close + 1)
      if (close === -1) this.#finishCut()
    } else this.#word()
  }

  #word(): void {
    for (const [word, kind] of [
      ['true', kinds.true],
      ['false', kinds.false],
      ['null', kinds.null],
    ] as const) {
      if (this.text.startsWith(word, this.#at)) {
        this.#leaf(kind, this.#at + word.length)
        return
      }
    }
    numberPattern.lastIndex = this.#at
    const found = numberPattern.exec(this.text)
    if (found !== null && found[0].length > 0) this.#leaf(kinds.number, this.#at + found[0].length)
    else if (/^(?:-|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/.test(this.text.slice(this.#at, this.#at + 5)))
      this.#finishCut()
    else this.#fail(wanted[this.#expecting])
  }

  #finishCut(): void {
    this.#at = this.text.length
    this.#expecting = 'value'
    this.#finish()
  }

  #leaf(kind: number, end: number): void {
    this.#add(kind, end)
    this.#at = end
    this.#expecting = this.#open === -1 ? 'nothing' : 'comma-or-end'
  }

  #container(object: boolean): void {
    const node = this.#add(object ? kinds.object : kinds.array, 0)
    if (this.depth(node) >= deepestMax) {
      this.#fail(`deeper than ${deepestMax.toLocaleString('en')} levels: shown as text instead`)
      return
    }
    this.#open = node
    this.#at += 1
    this.#expecting = object ? 'key-or-end' : 'value-or-end'
  }

  #close(): void {
    this.#at += 1
    const row = this.#open * words
    this.#table[row + END] = this.#at
    this.#table[row + NEXT] = this.#count
    this.#open = this.parent(this.#open)
    this.#expecting = this.#open === -1 ? 'nothing' : 'comma-or-end'
  }

  #add(kind: number, end: number): number {
    const node = this.#count
    if ((node + 1) * words > this.#table.length) this.#grow()
    const row = node * words
    const table = this.#table
    const [keyStart, keyEnd] = this.#key
    table[row + KIND] = kind
    table[row + START] = this.#at
    table[row + END] = end
    table[row + PARENT] = this.#open
    table[row + KEY_START] = keyStart
    table[row + KEY_END] = keyEnd
    this.#key = [-1, -1]
    if (this.#open !== -1) {
      const parent = this.#open * words
      table[row + DEPTH] = this.depth(this.#open) + 1
      this.#places[node] = table[parent + SIZE] ?? 0
      table[parent + SIZE] = (table[parent + SIZE] ?? 0) + 1
    }
    if (kind !== kinds.object && kind !== kinds.array) table[row + NEXT] = node + 1
    this.#count = node + 1
    return node
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2)
    table.set(this.#table)
    this.#table = table
    const places = new Int32Array(this.#places.length * 2)
    places.set(this.#places)
    this.#places = places
  }
}

/** Reads the whole text at once: for what is short (rows of a list, a form). */
export const indexJson = (text: string): JsonIndex => {
  const index = new JsonIndex(text)
  index.advance(Number.MAX_SAFE_INTEGER)
  return index
}

/** Line and column, both from 1, of a place in a text. */
export const lineAndColumn = (text: string, at: number): { line: number; column: number } => {
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: at - lineStart + 1 }
}
