/**
 * The last messages of a live tail, in a bounded ring: whatever arrives, memory stays flat.
 *
 * - While it is paused the list stands still; what arrives is counted and waits (bounded) to be shown.
 * - What was pushed out, and what the server sampled away, is counted: a tail never looks complete when it is not.
 */

/** A bounded list that forgets its oldest. Items are read newest first. */
export class Ring<Item> {
  readonly capacity: number
  #items: Item[] = []
  #head = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get length(): number {
    return this.#items.length
  }

  /** Takes an item in; true when an older one had to go. */
  push(item: Item): boolean {
    if (this.#items.length < this.capacity) {
      this.#items.push(item)
      return false
    }
    this.#items[this.#head] = item
    this.#head = (this.#head + 1) % this.capacity
    return true
  }

  /** The `place`-th newest, from 0. */
  newest(place: number): Item | undefined {
    const length = this.#items.length
    if (place < 0 || place >= length) return undefined
    return this.#items[(this.#head + length - 1 - place) % length]
  }

  /** All of them, newest first. */
  toArray(): Item[] {
    return Array.from({ length: this.#items.length }, (_, place) => this.newest(place)).filter(
      (item) => item !== undefined,
    )
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}

/** What a tail shows of itself. */
export interface TailCounts {
  /** Messages taken in since it began. */
  readonly arrived: number
  /** Left out by the server, because they came too fast. */
  readonly dropped: number
  /** Waiting while it is paused. */
  readonly waiting: number
  /** Gone from the list because newer ones needed their place. */
  readonly forgotten: number
}

/** A live tail: takes batches as they arrive, shows a list when asked. */
export class Tail<Item> {
  #shown: Ring<Item>
  #waiting: Ring<Item>
  #waitingSeen = 0
  #paused = false
  #arrived = 0
  #dropped = 0
  #forgotten = 0
  /** Grows with every change of what is shown. */
  version = 0

  constructor(capacity: number) {
    this.#shown = new Ring(capacity)
    this.#waiting = new Ring(capacity)
  }

  get paused(): boolean {
    return this.#paused
  }

  get counts(): TailCounts {
    return {
      arrived: this.#arrived,
      dropped: this.#dropped,
      waiting: this.#waitingSeen,
      forgotten: this.#forgotten,
    }
  }

  /** What was there before the tail began, oldest first: shown, not counted as arrived. */
  seed(items: readonly Item[]): void {
    for (const item of items) this.#shown.push(item)
    this.version += 1
  }

  /** Items in the order they were stored; `dropped` is how many the server left out before them. */
  take(items: readonly Item[], dropped: number): void {
    this.#arrived += items.length
    this.#dropped += dropped
    for (const item of items) {
      if (this.#paused) {
        this.#waiting.push(item)
        this.#waitingSeen += 1
      } else if (this.#shown.push(item)) this.#forgotten += 1
    }
    this.version += 1
  }

  pause(): void {
    this.#paused = true
    this.version += 1
  }

  /** Shows what waited, and everything from now on. */
  resume(): void {
    this.#paused = false
    const waiting = this.#waiting.toArray().reverse()
    this.#forgotten += this.#waitingSeen - waiting.length
    for (const item of waiting) if (this.#shown.push(item)) this.#forgotten += 1
    this.#waiting.clear()
    this.#waitingSeen = 0
    this.version += 1
  }

  get length(): number {
    return this.#shown.length
  }
  newest(place: number): Item | undefined {
    return this.#shown.newest(place)
  }
  toArray(): Item[] {
    return this.#shown.toArray()
  }
}
