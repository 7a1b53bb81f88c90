/**
 * What repeats, found and copied: the part that snappy and LZ4 share. Greedy, by a table of the last place of each four bytes; where
 * nothing repeats for a while it takes longer steps, so that bytes without repetition cost little.
 */

const tableBits = 14
const leastMatch = 4
const distanceMax = 65_535
/** After so many misses the step grows by one. */
const patienceBits = 5

const hashOf = (word: number): number => Math.imul(word, 0x9e37_79b1) >>> (32 - tableBits)

/** What stands between two matches, and the match: `length` bytes that stood `distance` before. */
export type OnMatch = (literalsFrom: number, literalsTo: number, distance: number, length: number) => void

export class MatchFinder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  // Places are kept one higher, so that zero means none.
  readonly #table = new Int32Array(1 << tableBits)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /**
   * Walks from `from` to `to`, each call further on than the one before, and tells each match; all of it lies within these
   * bounds.
   * @returns where the literals begin that follow the last match
   */
  find(from: number, to: number, onMatch: OnMatch): number {
    const bytes = this.#bytes
    const view = this.#view
    const table = this.#table
    const last = to - leastMatch
    let literalsFrom = from
    let at = from
    let misses = 0
    while (at <= last) {
      const word = view.getInt32(at, true)
      const hash = hashOf(word)
      const candidate = (table[hash] ?? 0) - 1
      table[hash] = at + 1
      if (candidate < from || at - candidate > distanceMax || view.getInt32(candidate, true) !== word) {
        at += 1 + (misses >> patienceBits)
        misses += 1
        continue
      }
      let length = leastMatch
      while (at + length < to && bytes[candidate + length] === bytes[at + length]) length += 1
      onMatch(literalsFrom, at, at - candidate, length)
      at += length
      literalsFrom = at
      misses = 0
    }
    return literalsFrom
  }
}

/** Shorter pieces are copied byte by byte: a call costs more. */
const shortBytes = 12

/** Copies bytes of `source` into `target`; both are long enough. */
export const copyBytes = (
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): void => {
  if (to - from > shortBytes) target.set(source.subarray(from, to), at)
  else for (let n = from; n < to; n++) target[at + n - from] = source[n] ?? 0
}

/** Repeats `length` bytes that begin `distance` before `at`; a match that overlaps itself repeats itself. */
export const copyMatch = (target: Uint8Array, at: number, distance: number, length: number): void => {
  if (length > shortBytes && distance >= length) target.copyWithin(at, at - distance, at - distance + length)
  else for (let n = at; n < at + length; n++) target[n] = target[n - distance] ?? 0
}
