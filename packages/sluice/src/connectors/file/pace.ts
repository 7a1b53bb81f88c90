/** How fast records may go: so many a second, or at the pace of their event times. Pure but for the clock's reading. */

/** How many of the records that are ready may go now, and how long to wait for the next when none may. */
export interface Allowance {
  readonly count: number
  readonly waitMs: number
}

/** The replay clock that all files of a source share. */
export class ReplayPace {
  readonly #speed: number
  #anchor: { readonly wallMs: number; readonly eventMs: number } | null = null

  constructor(speed: number) {
    this.#speed = speed
  }

  /** A file tells the time of its first record; the replay begins with the earliest of them. */
  join(eventMs: number, nowMs: number): void {
    if (this.#anchor === null || eventMs < this.#anchor.eventMs) this.#anchor = { wallMs: nowMs, eventMs }
  }

  allowance(eventTimes: readonly number[], nowMs: number): Allowance {
    const anchor = this.#anchor
    if (anchor === null) return { count: eventTimes.length, waitMs: 0 }
    const reachedMs = anchor.eventMs + (nowMs - anchor.wallMs) * this.#speed
    const count = eventTimes.findIndex((timeMs) => timeMs > reachedMs)
    if (count < 0) return { count: eventTimes.length, waitMs: 0 }
    return { count, waitMs: Math.max(1, Math.ceil(((eventTimes[count] ?? 0) - reachedMs) / this.#speed)) }
  }
}

/** At most so many records a second; what was not used is kept for a second, not longer. */
export class RatePace {
  readonly #perSecond: number
  #credit = 1
  #atMs: number | null = null

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  allowance(ready: number, nowMs: number): Allowance {
    const passedMs = this.#atMs === null ? 0 : Math.max(0, nowMs - this.#atMs)
    this.#atMs = nowMs
    this.#credit = Math.min(Math.max(1, this.#perSecond), this.#credit + (passedMs * this.#perSecond) / 1_000)
    const count = Math.min(ready, Math.floor(this.#credit + 1e-9))
    return {
      count,
      waitMs: count > 0 ? 0 : Math.max(1, Math.ceil(((1 - this.#credit) * 1_000) / this.#perSecond)),
    }
  }

  spend(count: number): void {
    this.#credit -= count
  }
}
