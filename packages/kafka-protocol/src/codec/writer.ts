/**
 * Writes Kafka's primitive types into a list of chunks.
 *
 * - Foreign buffers (fetched record sets) join the list as they are, so they reach `writev` without a copy.
 * - Chunks never move once written: when one is full the next begins, so a reserved place can be filled in later.
 * - A number outside the range of its type is a bug of the caller and throws Node's RangeError.
 */
import { ProtocolError } from './protocol-error.ts'

/** Foreign buffers smaller than this are copied: one more element of a writev costs more than the copy. */
const copyBelowBytes = 1024

const uuidTextLength = 22
const stringLengthMax = 0x7fff

/** A place for a 32-bit number that is known only later. */
export type ReservedInt32 = { set(value: number): void }

export class Writer {
  private readonly chunks: Buffer[] = []
  private chunksSizeBytes = 0
  private current: Buffer
  private start = 0
  private position = 0

  constructor(initialSizeBytes = 512) {
    this.current = Buffer.allocUnsafe(initialSizeBytes)
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.chunksSizeBytes + this.position - this.start
  }

  /** All that was written, in order; foreign buffers are the very ones that were appended. */
  toChunks(): Buffer[] {
    this.closeChunk()
    return this.chunks.slice()
  }

  /** All that was written in one buffer. Copies unless there is one chunk. */
  toBuffer(): Buffer {
    this.closeChunk()
    const [only] = this.chunks
    return only !== undefined && this.chunks.length === 1 ? only : Buffer.concat(this.chunks)
  }

  /** Appends without copying (small ones are copied). The caller must not change the buffer before it is sent. */
  append(foreign: Buffer): void {
    if (foreign.length < copyBelowBytes) {
      const at = this.reserve(foreign.length)
      foreign.copy(this.current, at)
      return
    }
    this.closeChunk()
    this.chunks.push(foreign)
    this.chunksSizeBytes += foreign.length
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.current.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.current.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.current.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.current.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.current.writeUInt32BE(value, at)
  }

  int64(value: bigint): void {
    const at = this.reserve(8)
    this.current.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.current.writeDoubleBE(value, at)
  }

  /** 0 to 2^32 - 1. */
  unsignedVarint(value: number): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)) {
      throw new RangeError(`${value} is no unsigned 32-bit number`)
    }
    let rest = value
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** Zigzag, 32 bits. */
  varint(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} is no signed 32-bit number`)
    this.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Zigzag, 64 bits. */
  varlong(value: bigint): void {
    if (value !== BigInt.asIntN(64, value)) throw new RangeError(`${value} is no signed 64-bit number`)
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.byte(Number(rest))
  }

  /** Takes Kafka's text form: 22 characters of base64url. */
  uuid(value: string): void {
    const at = this.reserve(16)
    if (value.length !== uuidTextLength || this.current.write(value, at, 16, 'base64url') !== 16) {
      throw new ProtocolError('invalid', `'${value}' is no id of 22 base64url characters`)
    }
  }

  nullableString(value: string | null, isCompact: boolean): void {
    if (value === null) {
      this.stringLength(-1, isCompact)
      return
    }
    const sizeBytes = Buffer.byteLength(value)
    this.stringLength(sizeBytes, isCompact)
    const at = this.reserve(sizeBytes)
    this.current.write(value, at, sizeBytes, 'utf8')
  }

  nullableBytes(value: Buffer | null, isCompact: boolean): void {
    this.length(value === null ? -1 : value.length, isCompact)
    if (value !== null) this.append(value)
  }

  /** One byte field made of several buffers, none of them copied when large. */
  joinedBytes(parts: readonly Buffer[], isCompact: boolean): void {
    let sizeBytes = 0
    for (const part of parts) sizeBytes += part.length
    this.length(sizeBytes, isCompact)
    for (const part of parts) this.append(part)
  }

  /** The length of bytes or the count of an array; -1 is null. */
  length(length: number, isCompact: boolean): void {
    if (isCompact) this.unsignedVarint(length + 1)
    else this.int32(length)
  }

  /** Keeps four bytes free for a number that is known only later, such as the size of a frame. */
  reserveInt32(): ReservedInt32 {
    const at = this.reserve(4)
    const chunk = this.current
    return { set: (value) => void chunk.writeInt32BE(value, at) }
  }

  private stringLength(length: number, isCompact: boolean): void {
    if (length > stringLengthMax) {
      throw new ProtocolError('invalid', `a string of ${length} bytes is longer than ${stringLengthMax}`)
    }
    if (isCompact) this.unsignedVarint(length + 1)
    else this.int16(length)
  }

  private byte(value: number): void {
    const at = this.reserve(1)
    this.current[at] = value
  }

  private reserve(sizeBytes: number): number {
    const at = this.position
    if (sizeBytes <= this.current.length - at) {
      this.position = at + sizeBytes
      return at
    }
    this.closeChunk()
    this.current = Buffer.allocUnsafe(Math.max(sizeBytes, Math.min(this.current.length * 2, 1 << 20)))
    this.start = 0
    this.position = sizeBytes
    return 0
  }

  private closeChunk(): void {
    if (this.position === this.start) return
    this.chunks.push(this.current.subarray(this.start, this.position))
    this.chunksSizeBytes += this.position - this.start
    this.start = this.position
  }
}
