/**
 * How long things took, counted in buckets that grow by a fifth: fixed in size, exact to some 10 per cent, and easy to add
 * up over processes. Pure: times go in.
 */

/** Steps of one doubling. */
const perDoubling = 4
const bucketCount = 128
/** The first bucket holds all up to 2^-6 of the unit, the last all from 2^25.75 on. */
const lowestPower = -6

/** Buckets that are not empty: number of the bucket and how many; safe to send as JSON. */
export type BucketCounts = readonly (readonly [bucket: number, count: number])[]

const bucketOf = (value: number): number => {
  if (!(value > 0)) return 0
  const bucket = Math.ceil((Math.log2(value) - lowestPower) * perDoubling)
  return Math.min(Math.max(bucket, 0), bucketCount - 1)
}

/** The largest value that a bucket holds. */
const endOf = (bucket: number): number => 2 ** (lowestPower + bucket / perDoubling)

/** Counts of the last one to two `slotMs`: what is older is forgotten. */
export class RecentTimes {
  readonly #slotMs: number
  #present = new Float64Array(bucketCount)
  #before = new Float64Array(bucketCount)
  #sinceMs: number

  constructor(slotMs: number, nowMs: number) {
    this.#slotMs = slotMs
    this.#sinceMs = nowMs
  }

  #forget(nowMs: number): void {
    const ageMs = nowMs - this.#sinceMs
    if (ageMs < this.#slotMs && ageMs >= 0) return
    const older = this.#before
    this.#before = this.#present
    this.#present = older.fill(0)
    if (ageMs >= this.#slotMs * 2 || ageMs < 0) this.#before.fill(0)
    this.#sinceMs = nowMs
  }

  /** Adds `count` things that took `value` each. */
  add(value: number, count: number, nowMs: number): void {
    this.#forget(nowMs)
    const bucket = bucketOf(value)
    this.#present[bucket] = (this.#present[bucket] ?? 0) + count
  }

  counts(nowMs: number): BucketCounts {
    this.#forget(nowMs)
    const counts: [number, number][] = []
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = (this.#present[bucket] ?? 0) + (this.#before[bucket] ?? 0)
      if (count > 0) counts.push([bucket, count])
    }
    return counts
  }
}

/**
 * The value that `share` (0 to 1) of the things in all of `parts` did not exceed, rounded up to the end of its bucket;
 * null where there is none.
 */
export const percentileOf = (parts: readonly BucketCounts[], share: number): number | null => {
  const sums = new Float64Array(bucketCount)
  let total = 0
  for (const [bucket, count] of parts.flat()) {
    if (bucket < 0 || bucket >= bucketCount) continue
    sums[bucket] = (sums[bucket] ?? 0) + count
    total += count
  }
  if (total === 0) return null
  let seen = 0
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    seen += sums[bucket] ?? 0
    if (seen >= total * share) return endOf(bucket)
  }
  return endOf(bucketCount - 1)
}
