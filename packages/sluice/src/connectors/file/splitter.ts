/**
 * Cuts the bytes of a file into records, and knows where each lies: byte, line, length.
 *
 * - Lines end with LF or CRLF; empty ones are no records. A byte order mark is skipped.
 * - In CSV a quoted field may hold line ends. A line whose quotes don't fit is a bad record of its own, and the next
 *   line begins a new one: a lost quote costs one line, not the rest of the file.
 * - Memory is bounded: of a record longer than `bytesMax` only the beginning is kept, as a bad record.
 */

export interface RawRecord {
  /** Where it begins and where the next one begins, in bytes of the (decompressed) file. */
  readonly startByte: number
  readonly endByte: number
  /** Number of its first line, from 1, and of the line after it. */
  readonly line: number
  readonly nextLine: number
  /** Without the line end. A view: use it before the next chunk is pushed, or keep the chunk alive with it. */
  readonly bytes: Buffer
  /** Why it cannot be read, or null. */
  readonly problem: string | null
}

export interface SplitOptions {
  /** The delimiter of CSV; null for formats of one record a line. */
  readonly delimiter: string | null
  readonly bytesMax: number
  readonly startByte: number
  /** Number of the line at `startByte`. */
  readonly startLine: number
}

const lineFeed = 10
const carriageReturn = 13
const quote = 34
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
/** How much of a record that is too long goes into its dead letter; no `bytesMax` may be less. */
const keptBytes = 1_024

const unclosedQuote = 'a quote is opened and never closed'
const strayQuote = 'a quote stands where it may not'

/** Where a CSV record ends (at its line feed), or why there is no end yet or none at all. */
type Scan =
  | { readonly kind: 'end'; readonly at: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed' }

/** Scans one CSV record from `from` on; `final` when no byte will follow. */
const scanCsv = (bytes: Buffer, from: number, delimiter: number, final: boolean): Scan => {
  let at = from
  let fieldStart = true
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === lineFeed) return { kind: 'end', at }
    if (byte === quote) {
      if (!fieldStart) return { kind: 'malformed' }
      const close = closingQuote(bytes, at + 1)
      if (close < 0 || (close + 1 === bytes.length && !final)) return { kind: 'incomplete' }
      at = close + 1
      if (bytes[at] === carriageReturn) at += 1
      if (at >= bytes.length) return final ? { kind: 'end', at: bytes.length } : { kind: 'incomplete' }
      if (bytes[at] === lineFeed) return { kind: 'end', at }
      if (bytes[at] !== delimiter) return { kind: 'malformed' }
    }
    fieldStart = bytes[at] === delimiter
    at += 1
  }
  return final ? { kind: 'end', at: bytes.length } : { kind: 'incomplete' }
}

/** The quote that closes a field, past doubled ones; -1 where there is none. A quote at the very end may be half of two. */
const closingQuote = (bytes: Buffer, from: number): number => {
  let at = bytes.indexOf(quote, from)
  while (at >= 0 && bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2)
  return at
}

const countLines = (bytes: Buffer, from: number, to: number): number => {
  let count = 0
  for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < to; at = bytes.indexOf(lineFeed, at + 1))
    count += 1
  return count
}

export class RecordSplitter {
  readonly #delimiter: number | null
  readonly #bytesMax: number
  #bytes: Buffer = Buffer.alloc(0)
  /** Where the record that is being read begins in `#bytes`, and `#bytes` in the file. */
  #at = 0
  #offset: number
  #line: number
  /** The next quote at or after `#at`; -1 for none; undefined when it must be looked for. */
  #quoteAt: number | undefined
  /** The beginning of a record that is too long, while its end is looked for. */
  #tooLong: { readonly startByte: number; readonly bytes: Buffer } | null = null

  constructor(options: SplitOptions) {
    this.#delimiter = options.delimiter === null ? null : options.delimiter.charCodeAt(0)
    this.#bytesMax = options.bytesMax
    this.#offset = options.startByte
    this.#line = options.startLine
  }

  /** Byte of the file at which the next record begins. */
  get nextByte(): number {
    return this.#tooLong?.startByte ?? this.#offset + this.#at
  }

  /** Byte of the file up to which it was given anything. */
  get readByte(): number {
    return this.#offset + this.#bytes.length
  }

  push(chunk: Buffer): void {
    const rest = this.#bytes.subarray(this.#at)
    this.#offset += this.#at
    this.#bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    this.#at = 0
    this.#quoteAt = undefined
  }

  /** The next record; null when more bytes are needed. With `final`, what is left is a record too. */
  next(final: boolean): RawRecord | null {
    for (;;) {
      if (!this.#passByteOrderMark(final)) return null
      const record = this.#tooLong === null ? this.#cut(final) : this.#endOfTooLong(final)
      if (record === null || record.bytes.length > 0) return record
    }
  }

  #passByteOrderMark(final: boolean): boolean {
    if (this.#offset + this.#at !== 0) return true
    const head = this.#bytes.subarray(0, 3)
    if (!byteOrderMark.subarray(0, head.length).equals(head)) return true
    if (head.length < 3) return final && head.length > 0
    this.#at = 3
    return true
  }

  /** What comes next depends on the bytes of the file alone, never on how they were cut into chunks. */
  #cut(final: boolean): RawRecord | null {
    const left = this.#bytes.length - this.#at
    if (left === 0) return null
    const scan = this.#scan(final)
    if (scan.kind === 'malformed') return this.#takeLine(final, strayQuote)
    const tooLong = (scan.kind === 'end' ? scan.at - this.#at : left) > this.#bytesMax
    if (scan.kind === 'end' && !tooLong) return this.#take(scan.at, scan.at, null)
    return tooLong || final ? this.#takeLine(final, unclosedQuote) : null
  }

  #scan(final: boolean): Scan {
    const end = this.#bytes.indexOf(lineFeed, this.#at)
    if (this.#delimiter !== null) {
      if (this.#quoteAt === undefined || (this.#quoteAt >= 0 && this.#quoteAt < this.#at)) {
        this.#quoteAt = this.#bytes.indexOf(quote, this.#at)
      }
      const quotedBeforeEnd = this.#quoteAt >= 0 && (end < 0 || this.#quoteAt < end)
      if (quotedBeforeEnd) return scanCsv(this.#bytes, this.#at, this.#delimiter, final)
    }
    if (end >= 0) return { kind: 'end', at: end }
    return final ? { kind: 'end', at: this.#bytes.length } : { kind: 'incomplete' }
  }

  /** Takes one physical line as a bad record, whatever its quotes say. */
  #takeLine(final: boolean, problem: string): RawRecord | null {
    const end = this.#bytes.indexOf(lineFeed, this.#at)
    if (end < 0 && !final) {
      return this.#bytes.length - this.#at > this.#bytesMax ? this.#beginTooLong() : null
    }
    const to = end < 0 ? this.#bytes.length : end
    if (to - this.#at > this.#bytesMax) return this.#take(this.#at + keptBytes, to, this.#lengthProblem())
    return this.#take(to, to, problem)
  }

  /** Takes the bytes up to `to` as a record that ends at the line feed (or end) `end`. */
  #take(to: number, end: number, problem: string | null): RawRecord {
    const from = this.#at
    const line = this.#line
    const last = to === end && to > from && this.#bytes[to - 1] === carriageReturn ? to - 1 : to
    const after = Math.min(end + 1, this.#bytes.length)
    this.#line += Math.max(1, countLines(this.#bytes, from, after))
    this.#at = after
    return {
      startByte: this.#offset + from,
      endByte: this.#offset + after,
      line,
      nextLine: this.#line,
      bytes: this.#bytes.subarray(from, last),
      problem,
    }
  }

  #lengthProblem(): string {
    return `the record is longer than ${this.#bytesMax} bytes`
  }

  #beginTooLong(): RawRecord | null {
    const startByte = this.#offset + this.#at
    this.#tooLong = { startByte, bytes: Buffer.from(this.#bytes.subarray(this.#at, this.#at + keptBytes)) }
    this.#at = this.#bytes.length
    return null
  }

  #endOfTooLong(final: boolean): RawRecord | null {
    const begun = this.#tooLong
    const end = this.#bytes.indexOf(lineFeed, this.#at)
    if (begun === null || (end < 0 && !final)) {
      this.#at = this.#bytes.length
      return null
    }
    const after = end < 0 ? this.#bytes.length : end + 1
    this.#at = after
    this.#tooLong = null
    this.#line += 1
    return {
      startByte: begun.startByte,
      endByte: this.#offset + after,
      line: this.#line - 1,
      nextLine: this.#line,
      bytes: begun.bytes,
      problem: this.#lengthProblem(),
    }
  }
}
