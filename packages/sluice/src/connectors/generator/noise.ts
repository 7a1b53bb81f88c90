/**
 * Chance with random access: any value of a stream can be had without those before it.
 *
 * That is what lets a generator go on exactly where it stopped. `wander` looks like a random walk that is pulled
 * back to 0: several layers of smooth noise, each twice as fast and half as strong as the one before.
 */

/** Mixes whole numbers into 32 well-spread bits (the finisher of MurmurHash3, public domain). */
export const mix = (...parts: readonly number[]): number => {
  let hash = 0x2545f491
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
    // A record number can have more than 32 bits.
    hash = Math.imul(hash ^ Math.trunc(part / 4_294_967_296), 0x27d4eb2f) ^ (hash >>> 15)
  }
  return hash >>> 0
}

/** A whole number for a text, to mix with. */
export const textSeed = (text: string): number => {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

const at = (seed: number, cell: number): number => mix(seed, cell) / 2_147_483_648 - 1

const smooth = (seed: number, x: number): number => {
  const cell = Math.floor(x)
  const part = x - cell
  const blend = part * part * (3 - 2 * part)
  return at(seed, cell) * (1 - blend) + at(seed, cell + 1) * blend
}

/** In [-1, 1], changing slowly with `x`: by about 1 over a distance of 1. */
export const wander = (seed: number, x: number): number => {
  let sum = 0
  let strength = 0.5
  let speed = 1
  for (let layer = 0; layer < 4; layer++) {
    sum += strength * smooth(seed + layer, x * speed)
    strength /= 2
    speed *= 2
  }
  return sum / 0.9375
}

/** -1 at four in the morning, 1 at four in the afternoon (UTC). */
export const dayCurve = (timeMs: number): number => Math.cos(((timeMs / 3_600_000 - 16) / 24) * 2 * Math.PI)
