/**
 * CRC-32C (Castagnoli) of bytes: the native add-on where npm brought it, plain JavaScript elsewhere.
 */
import { createRequire } from 'node:module'
import { type Crc32c, crc32c as plainCrc32c } from 'sluice-kafka-protocol'

const isChecksum = (value: unknown): value is (bytes: Uint8Array) => unknown => typeof value === 'function'

const nativeCrc32c = (): Crc32c | null => {
  try {
    const addOn: unknown = createRequire(import.meta.url)('@node-rs/crc32')
    if (typeof addOn !== 'object' || addOn === null || !('crc32c' in addOn)) return null
    const { crc32c: compute } = addOn
    if (!isChecksum(compute)) return null
    return (bytes) => Number(compute(bytes))
  } catch {
    // Not installed, or not for this machine: the plain one is right, only slower.
    return null
  }
}

/** The CRC-32C of `bytes`, as an unsigned 32-bit number. */
export const crc32c: Crc32c = nativeCrc32c() ?? plainCrc32c
