/**
 * Reads Kafka's primitive types from one frame.
 *
 * - Every read is checked against the end of the frame; what does not fit is a ProtocolError, never a RangeError.
 * - Nothing is allocated on the word of a length alone: byte fields are views of the frame, and a count of elements
 *   is checked against the bytes that are left.
 *
 * Source: https://kafka.apache.org/protocol#protocol_types, KIP-482 (compact types and tagged fields).
 */
import { ProtocolError } from './protocol-error.ts'

const uuidSizeBytes = 16
const stringLengthMax = 0x7fff

export class Reader {
  readonly buffer: Buffer
  readonly end: number
  position: number

  /** Reads `buffer` from `position` up to, not including, `end`. */
  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    if (!(position >= 0 && position <= end && end <= buffer.length)) {
      throw new ProtocolError('invalid', `cannot read bytes ${position} to ${end} of ${buffer.length}`)
    }
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  get remainingBytes(): number {
    return this.end - this.position
  }

  /** Steps over `sizeBytes` and answers where they began. */
  skip(sizeBytes: number): number {
    const start = this.position
    if (sizeBytes < 0 || sizeBytes > this.end - start) {
      throw new ProtocolError(
        'truncated',
        `${sizeBytes} bytes expected at ${start}, but only ${this.end - start} are left`,
      )
    }
    this.position = start + sizeBytes
    return start
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return this.buffer.readInt8(this.skip(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.skip(2))
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.skip(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.skip(4))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.skip(4))
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE(this.skip(8))
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.skip(8))
  }

  /** At most five bytes, at most 2^32 - 1. */
  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.buffer.readUInt8(this.skip(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    throw new ProtocolError('invalid', `a varint before byte ${this.position} has more than 32 bits`)
  }

  /** Zigzag, 32 bits. */
  varint(): number {
    const raw = this.unsignedVarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zigzag, 64 bits, at most ten bytes. */
  varlong(): bigint {
    let value = 0n
    for (let shift = 0n; shift <= 63n; shift += 7n) {
      const byte = this.buffer.readUInt8(this.skip(1))
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff_ffff_ffffn) break
        return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
      }
    }
    throw new ProtocolError('invalid', `a varlong before byte ${this.position} has more than 64 bits`)
  }

  /** Kafka's text form of an id: the 16 bytes as 22 characters of base64url. */
  uuid(): string {
    const start = this.skip(uuidSizeBytes)
    return this.buffer.toString('base64url', start, start + uuidSizeBytes)
  }

  /** The length of a string, or -1 for null. */
  stringLength(isCompact: boolean): number {
    const length = isCompact ? this.unsignedVarint() - 1 : this.int16()
    if (length > stringLengthMax) {
      throw new ProtocolError('invalid', `a string of ${length} bytes is longer than ${stringLengthMax}`)
    }
    return length
  }

  /** The length of bytes or the count of an array, or -1 for null. */
  length(isCompact: boolean): number {
    return isCompact ? this.unsignedVarint() - 1 : this.int32()
  }

  /** UTF-8; bytes that are none become U+FFFD. */
  nullableString(isCompact: boolean): string | null {
    const length = this.stringLength(isCompact)
    if (length === -1) return null
    const start = this.skip(length)
    return this.buffer.toString('utf8', start, start + length)
  }

  string(isCompact: boolean): string {
    return this.nullableString(isCompact) ?? this.failNull('string')
  }

  /** A view of the frame, not a copy: it lives and changes with it. */
  nullableBytes(isCompact: boolean): Buffer | null {
    const length = this.length(isCompact)
    if (length === -1) return null
    const start = this.skip(length)
    return this.buffer.subarray(start, start + length)
  }

  bytes(isCompact: boolean): Buffer {
    return this.nullableBytes(isCompact) ?? this.failNull('bytes')
  }

  /**
   * The count of an array whose elements take at least `elementSizeBytesMin` (1 or more), or -1 for null. A count that
   * the rest of the frame cannot hold is refused before anything is made for it.
   */
  arrayLength(isCompact: boolean, elementSizeBytesMin: number): number {
    const count = this.length(isCompact)
    if (count < -1 || count * elementSizeBytesMin > this.end - this.position) {
      throw new ProtocolError(
        'truncated',
        `an array of ${count} elements cannot fit the ${this.end - this.position} bytes left at ${this.position}`,
      )
    }
    return count
  }

  /**
   * Goes through a tagged-field section. `visit` gets each tag and a reader over exactly its bytes, in ascending order;
   * what it does not read is skipped.
   */
  taggedFields(visit?: (tag: number, reader: Reader) => void): void {
    const count = this.unsignedVarint()
    let previousTag = -1
    for (let index = 0; index < count; index++) {
      const tag = this.unsignedVarint()
      if (tag <= previousTag) throw new ProtocolError('invalid', `tag ${tag} follows tag ${previousTag}`)
      previousTag = tag
      const sizeBytes = this.unsignedVarint()
      const start = this.skip(sizeBytes)
      visit?.(tag, new Reader(this.buffer, start, start + sizeBytes))
    }
  }

  private failNull(type: string): never {
    throw new ProtocolError('null', `null ${type} before byte ${this.position}, where none is allowed`)
  }
}
