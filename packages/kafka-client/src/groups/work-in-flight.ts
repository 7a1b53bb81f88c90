/**
 * What of a partition was handed out, and how far all of it is done: batches may be done in any order, and the position
 * that is committed never passes one that is not.
 */

interface Taken {
  readonly nextOffset: bigint
  isDone: boolean
}

export class WorkInFlight {
  /** In the order in which they were handed out. */
  readonly #taken: Taken[] = []
  #done: bigint | null
  readonly #waiting: (() => void)[] = []

  /** @param start where the partition is read from; null: as yet unknown */
  constructor(start: bigint | null = null) {
    this.#done = start
  }

  /** Offset after the last record of which it and all before it are done; null where nothing is known. */
  get done(): bigint | null {
    return this.#done
  }

  get count(): number {
    return this.#taken.length
  }

  /** Takes note of a batch. The result says that it is done, or that nobody will say so: false where it no longer counts. */
  take(nextOffset: bigint): { done(): void; abandon(): boolean } {
    const taken: Taken = { nextOffset, isDone: false }
    this.#taken.push(taken)
    return {
      done: () => {
        taken.isDone = true
        while (this.#taken[0]?.isDone === true) this.#done = this.#taken.shift()?.nextOffset ?? this.#done
        this.#tell()
      },
      // It and what follows it stay undone: reading begins there again.
      abandon: () => {
        const at = this.#taken.indexOf(taken)
        if (at < 0 || taken.isDone) return false
        this.#taken.splice(at)
        this.#tell()
        return true
      },
    }
  }

  /** What is read from elsewhere now; what was handed out before no longer counts. */
  moveTo(offset: bigint): void {
    this.#taken.length = 0
    this.#done = offset
    this.#tell()
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    while (this.#taken.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
