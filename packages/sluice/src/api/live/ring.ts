/**
 * The newest rows of a channel, each under its sequence, bounded by count and bytes.
 *
 * Whoever watches has a cursor: the sequence seen last. What lies between cursor and end and is no longer here, or never
 * was (the reader jumped ahead), counts as dropped.
 */
import { rowsThatFit, sampleEvenly } from './sampling.ts'

export interface RingRow {
  /** About the bytes of its text. */
  readonly sizeBytes: number
  /** About what it keeps in memory. */
  readonly heldBytes: number
  /** The row as JSON, made at most once. */
  readonly text: () => string
}

export interface Picked {
  readonly rows: readonly RingRow[]
  /** The cursor after it. */
  readonly seq: number
  readonly dropped: number
}

export interface RingLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

export class Ring {
  readonly #limits: RingLimits
  readonly #slots: (RingRow | undefined)[]
  /** Sequence before the first row that was ever here. */
  readonly #base: number
  #first: number
  #latest: number
  #bytes = 0

  /** @param base where sequences begin: above all of an earlier life of the channel */
  constructor(base: number, bounds: RingLimits) {
    this.#base = base
    this.#first = base + 1
    this.#latest = base
    this.#limits = bounds
    this.#slots = []
  }

  /** Sequence of the newest row. */
  get latest(): number {
    return this.#latest
  }

  push(row: RingRow): void {
    this.#latest++
    this.#slots[this.#slotOf(this.#latest)] = row
    this.#bytes += row.heldBytes
    while (this.#isOver()) this.#forget()
  }

  /** So many rows came that nobody will see. */
  skip(count: number): void {
    while (this.#first <= this.#latest) this.#forget()
    this.#latest += count
    this.#first = this.#latest + 1
  }

  /** Whether a cursor belongs to this life of the channel. */
  knows(cursor: number): boolean {
    return cursor >= this.#base && cursor <= this.#latest
  }

  /** What to send to one who has seen everything up to `cursor`: at most so much, the rest is told as dropped. */
  pick(cursor: number, most: { readonly rows: number; readonly bytes: number }): Picked {
    const from = Math.max(cursor + 1, this.#first)
    const kept = Math.max(0, this.#latest - from + 1)
    let sizeBytes = 0
    for (let seq = from; seq <= this.#latest; seq++) sizeBytes += this.#at(seq)?.sizeBytes ?? 0
    const rows = sampleEvenly(kept, rowsThatFit(kept, sizeBytes, most)).flatMap((at) => {
      const row = this.#at(from + at)
      return row === undefined ? [] : [row]
    })
    return { rows, seq: this.#latest, dropped: Math.max(0, this.#latest - cursor) - rows.length }
  }

  #at(seq: number): RingRow | undefined {
    return this.#slots[this.#slotOf(seq)]
  }

  // One slot more than rows are kept: a new row comes in before the oldest goes.
  #slotOf(seq: number): number {
    return seq % (this.#limits.rowsMax + 1)
  }

  #isOver(): boolean {
    const count = this.#latest - this.#first + 1
    // The newest row stays, however large.
    return count > this.#limits.rowsMax || (count > 1 && this.#bytes > this.#limits.bytesMax)
  }

  #forget(): void {
    const slot = this.#slotOf(this.#first)
    this.#bytes -= this.#slots[slot]?.heldBytes ?? 0
    this.#slots[slot] = undefined
    this.#first++
  }
}
