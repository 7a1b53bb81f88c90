/** Chance as an argument: the machine's for processes, seeded for tests. Not for secrets. */

/** Gives numbers in [0, 1). */
export type Random = () => number

export const systemRandom: Random = () => Math.random()

/** A small, fast, seeded generator (splitmix32); equal seeds give equal sequences. */
export const seededRandom = (seed: number): Random => {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 4_294_967_296
  }
}
