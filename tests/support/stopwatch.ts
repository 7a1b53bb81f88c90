/** Seconds that the steps of a test took, to be printed: nothing is asserted on them. */

export interface Stopwatch {
  /** A step has ended. */
  lap(says: string): void
  /** A line for each step, and one for all of them. */
  report(says: string): string
}

export const stopwatch = (): Stopwatch => {
  const steps: string[] = []
  const startMs = performance.now()
  let lastMs = startMs
  return {
    lap: (says) => {
      const nowMs = performance.now()
      steps.push(`${((nowMs - lastMs) / 1_000).toFixed(1)} s ${says}`)
      lastMs = nowMs
    },
    report: (says) => [...steps, `${((lastMs - startMs) / 1_000).toFixed(1)} s ${says}`].join('\n'),
  }
}
