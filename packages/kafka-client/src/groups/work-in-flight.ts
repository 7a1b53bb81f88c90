/**
 * What of a partition was handed out, and how far all of it is done: batches may be done in any order, and the position
 * that is committed never passes one that is not.
 */

interface Taken {
  readonly nextOffset: bigint
  readonly leaderEpoch: number
  isDone: boolean
}

export class WorkInFlight {
  /** In the order in which they were handed out. */
  readonly #taken: Taken[] = []
  #done: bigint | null
  #doneEpoch = -1
  readonly #waiting: (() => void)[] = []

  /** @param start where the partition is read from; null: as yet unknown */
  constructor(start: bigint | null = null) {
    this.#done = start
  }

  /** Offset after the last record of which it and all before it are done; null where nothing is known. */
  get done(): bigint | null {
    return this.#done
  }

  /** Leader epoch of the record before `done`; -1 where it is not known. */
  get doneEpoch(): number {
    return this.#doneEpoch
  }

  get count(): number {
    return this.#taken.length
  }

  /** Takes note of a batch. The result says that it is done, or that nobody will say so: false where it no longer counts. */
  take(nextOffset: bigint, leaderEpoch = -1): { done(): void; abandon(): boolean } {
    const taken: Taken = { nextOffset, leaderEpoch, isDone: false }
    this.#taken.push(taken)
    return {
      done: () => {
        taken.isDone = true
        for (let [first] = this.#taken; first?.isDone === true; [first] = this.#taken) {
          this.#done = first.nextOffset
          this.#doneEpoch = first.leaderEpoch
          this.#taken.shift()
        }
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
    this.#doneEpoch = -1
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
