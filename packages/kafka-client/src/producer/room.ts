/** How many bytes of records a producer holds, and who waits for there to be fewer. */

export class Room {
  readonly #bytesMax: number
  #bytes = 0
  #isClosed = false
  readonly #waiting: (() => void)[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    // Not at the first byte: whoever waits then has something to do for a while.
    if (this.#bytes * 2 <= this.#bytesMax) this.#wake()
  }

  /** Resolves when half of it is free, or it is closed; at once where it is not full. */
  async ready(): Promise<void> {
    if (!this.isFull || this.#isClosed) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
