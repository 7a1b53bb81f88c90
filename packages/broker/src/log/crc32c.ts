/**
 * CRC-32C (Castagnoli) of bytes: the native add-on where npm brought it, plain JavaScript elsewhere.
 */
import { createRequire } from 'node:module'

const polynomial = 0x82f63b78
const lanes = 8

/** Table `n` moves a byte `n` bytes further through the register, so eight bytes are taken at once. */
const makeTables = (): Uint32Array[] => {
  const first = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    first[byte] = value >>> 0
  }
  const tables = [first]
  for (let lane = 1; lane < lanes; lane += 1) {
    const before = tables[lane - 1] ?? first
    const table = new Uint32Array(256)
    for (let byte = 0; byte < 256; byte += 1) {
      const value = before[byte] ?? 0
      table[byte] = ((value >>> 8) ^ (first[value & 0xff] ?? 0)) >>> 0
    }
    tables.push(table)
  }
  return tables
}

/** The plain implementation, for machines without the add-on. */
export const plainCrc32c = (): ((bytes: Uint8Array) => number) => {
  const table = new Uint32Array(256 * lanes)
  for (const [lane, each] of makeTables().entries()) table.set(each, lane * 256)
  const look = (lane: number, byte: number): number => table[lane * 256 + byte] ?? 0
  return (bytes) => {
    let crc = 0xffffffff
    let at = 0
    const at8 = (offset: number): number => bytes[at + offset] ?? 0
    for (const end = bytes.length - 7; at < end; at += 8) {
      crc ^= at8(0) | (at8(1) << 8) | (at8(2) << 16) | (at8(3) << 24)
      crc =
        look(7, crc & 0xff) ^
        look(6, (crc >>> 8) & 0xff) ^
        look(5, (crc >>> 16) & 0xff) ^
        look(4, crc >>> 24) ^
        look(3, at8(4)) ^
        look(2, at8(5)) ^
        look(1, at8(6)) ^
        look(0, at8(7))
    }
    for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ look(0, (crc ^ at8(0)) & 0xff)
    return ~crc >>> 0
  }
}

const isChecksum = (value: unknown): value is (bytes: Uint8Array) => unknown => typeof value === 'function'

const nativeCrc32c = (): ((bytes: Uint8Array) => number) | null => {
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
export const crc32c: (bytes: Uint8Array) => number = nativeCrc32c() ?? plainCrc32c()
