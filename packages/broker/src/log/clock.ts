/**
 * Time as an argument: what decides asks this clock, so tests can own the time.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `work` once after `delayMs`; the answer cancels it. Never keeps the process alive by itself. */
  after(delayMs: number, work: () => void): () => void
}

/** The machine's own clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
