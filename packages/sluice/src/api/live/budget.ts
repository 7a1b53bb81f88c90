/** How much somebody may take in a time: so much at once, and so much each second from then on. Decides only. */

export class Budget {
  readonly #perSecond: number
  readonly #most: number
  #left: number
  #atMs: number

  constructor(perSecond: number, most: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#most = most
    this.#left = most
    this.#atMs = nowMs
  }

  /** Whether anything is left. What is spent beyond it is owed: a thing larger than the budget gets through, once. */
  hasAny(nowMs: number): boolean {
    const earned = (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1000
    this.#left = Math.min(this.#most, this.#left + earned)
    this.#atMs = nowMs
    return this.#left > 0
  }

  spend(amount: number): void {
    this.#left -= amount
  }
}
