/**
 * To which partition a record goes: by the hash of its key as Java clients do it, so that all clients agree.
 *
 * Source: Apache Kafka's murmur2 with seed 0x9747b28c, and `(hash & 0x7fffffff) % partitions`.
 */

const seed = 0x9747b28c
const m = 0x5bd1e995
const r = 24

/** The 32-bit hash, signed as in Java. */
export const murmur2 = (bytes: Uint8Array): number => {
  const length = bytes.length
  let hash = seed ^ length
  const blocks = length >> 2
  for (let block = 0; block < blocks; block++) {
    const at = block << 2
    let k =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)
    k = Math.imul(k, m)
    k ^= k >>> r
    k = Math.imul(k, m)
    hash = Math.imul(hash, m) ^ k
  }
  const rest = blocks << 2
  const left = length & 3
  if (left >= 3) hash ^= (bytes[rest + 2] ?? 0) << 16
  if (left >= 2) hash ^= (bytes[rest + 1] ?? 0) << 8
  if (left >= 1) {
    hash ^= bytes[rest] ?? 0
    hash = Math.imul(hash, m)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, m)
  return hash ^ (hash >>> 15)
}

export const partitionOfKey = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fff_ffff) % partitions
