/**
 * Records a second, over the last few seconds: one second alone would show a steady ten as nine, then twelve. Pure: counts
 * and times go in.
 */

/** How far back is looked. */
const windowMs = 5_000
/** Counts that come closer together than this are no new sample. */
const sampleMs = 900

export interface Rates {
  readonly inPerSecond: number
  readonly outPerSecond: number
}

interface Sample {
  readonly atMs: number
  readonly in: number
  readonly outputs: number
}

export class RateWindow {
  /** Oldest first; at most one older than the window, to measure from. */
  readonly #samples: Sample[] = []

  /** Takes the counts of now; they may begin anew, with what moved meanwhile unknown. */
  take(sample: Sample): Rates {
    const newest = this.#samples.at(-1)
    if (newest !== undefined && (sample.in < newest.in || sample.outputs < newest.outputs))
      this.#samples.length = 0
    if (newest === undefined || this.#samples.length === 0 || sample.atMs - newest.atMs >= sampleMs) {
      this.#samples.push(sample)
    }
    while ((this.#samples[1]?.atMs ?? sample.atMs) <= sample.atMs - windowMs) this.#samples.shift()
    const oldest = this.#samples[0]
    const seconds = oldest === undefined ? 0 : (sample.atMs - oldest.atMs) / 1_000
    if (oldest === undefined || seconds === 0) return { inPerSecond: 0, outPerSecond: 0 }
    return {
      inPerSecond: (sample.in - oldest.in) / seconds,
      outPerSecond: (sample.outputs - oldest.outputs) / seconds,
    }
  }
}
