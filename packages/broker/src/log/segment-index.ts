/**
 * The sparse index of a segment: where in the file batches lie, one entry about every 64 KiB, and how late records
 * before each entry were stamped. It is built from batch headers as they are appended or scanned.
 *
 * Beside a closed segment it is kept in a file (the companion) together with the producers known at the segment's end.
 * A companion is trusted only when its checksum is right and it speaks of exactly as many bytes as the segment has;
 * everything in it can be rebuilt.
 */
import type { BatchHeader } from './batch.ts'
import { crc32c } from './crc32c.ts'
import { decodeProducers, encodeProducers, type Producers } from './producer-state.ts'

const entryEveryBytes = 64 * 1024
const noTimestamp = -1

/** Offsets here count from the segment's base. */
export class SegmentIndex {
  #deltas: number[] = []
  #positions: number[] = []
  #maxTimestampsBefore: number[] = []
  #lastEntryAt = Number.NEGATIVE_INFINITY
  maxTimestamp = noTimestamp

  get entryCount(): number {
    return this.#deltas.length
  }

  /** Takes note of a batch at `position`. Batches come in order. */
  add(delta: number, position: number, batch: Pick<BatchHeader, 'maxTimestamp'>): void {
    if (position - this.#lastEntryAt >= entryEveryBytes) {
      this.#deltas.push(delta)
      this.#positions.push(position)
      this.#maxTimestampsBefore.push(this.maxTimestamp)
      this.#lastEntryAt = position
    }
    if (batch.maxTimestamp > this.maxTimestamp) this.maxTimestamp = batch.maxTimestamp
  }

  /** A position at or before the batch that holds `delta`. */
  positionOf(delta: number): number {
    return this.#positions[this.#floor(this.#deltas, delta, true)] ?? 0
  }

  /** A position at or before the first batch that has a record stamped `timestamp` or later. */
  positionOfTime(timestamp: number): number {
    return this.#positions[this.#floor(this.#maxTimestampsBefore, timestamp, false)] ?? 0
  }

  /** The last index whose value is below (or, if `inclusive`, at) `wanted`; -1 when there is none. */
  #floor(values: readonly number[], wanted: number, inclusive: boolean): number {
    let low = 0
    let high = values.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const value = values[middle] ?? 0
      if (value < wanted || (inclusive && value === wanted)) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  encode(): Buffer {
    const count = this.#deltas.length
    const bytes = Buffer.alloc(4 + 8 + count * 24)
    let at = bytes.writeInt32BE(count, 0)
    at = bytes.writeDoubleBE(this.maxTimestamp, at)
    for (let index = 0; index < count; index += 1) {
      at = bytes.writeDoubleBE(this.#deltas[index] ?? 0, at)
      at = bytes.writeDoubleBE(this.#positions[index] ?? 0, at)
      at = bytes.writeDoubleBE(this.#maxTimestampsBefore[index] ?? 0, at)
    }
    return bytes
  }

  static decode(bytes: Buffer): SegmentIndex {
    const index = new SegmentIndex()
    index.maxTimestamp = bytes.readDoubleBE(4)
    let at = 12
    for (let left = bytes.readInt32BE(0); left > 0; left -= 1) {
      index.#deltas.push(bytes.readDoubleBE(at))
      index.#positions.push(bytes.readDoubleBE(at + 8))
      index.#maxTimestampsBefore.push(bytes.readDoubleBE(at + 16))
      at += 24
    }
    index.#lastEntryAt = index.#positions.at(-1) ?? Number.NEGATIVE_INFINITY
    return index
  }
}

/** What the companion of a segment says. */
export interface Companion {
  readonly sizeBytes: number
  readonly endOffset: bigint
  /** When the first batch was appended, by the broker's clock; what rolling by age goes by. */
  readonly begunAtMs: number
  readonly index: SegmentIndex
  readonly producers: Producers
}

const companionMagic = 0x534c4331
const headBytes = 4 + 4 + 8 + 8 + 8 + 4

export const encodeCompanion = (companion: Companion): Buffer => {
  const index = companion.index.encode()
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(companionMagic, 0)
  head.writeBigInt64BE(BigInt(companion.sizeBytes), 8)
  head.writeBigInt64BE(companion.endOffset, 16)
  head.writeBigInt64BE(BigInt(companion.begunAtMs), 24)
  head.writeInt32BE(index.length, 32)
  const whole = Buffer.concat([head, index, encodeProducers(companion.producers)])
  whole.writeUInt32BE(crc32c(whole.subarray(8)), 4)
  return whole
}

/** Null when the bytes are not a whole companion of a segment with `sizeBytes`. */
export const decodeCompanion = (bytes: Buffer, sizeBytes: number): Companion | null => {
  if (bytes.length < headBytes || bytes.readUInt32BE(0) !== companionMagic) return null
  if (bytes.readUInt32BE(4) !== crc32c(bytes.subarray(8))) return null
  if (bytes.readBigInt64BE(8) !== BigInt(sizeBytes)) return null
  const indexEnd = headBytes + bytes.readInt32BE(32)
  return {
    sizeBytes,
    endOffset: bytes.readBigInt64BE(16),
    begunAtMs: Number(bytes.readBigInt64BE(24)),
    index: SegmentIndex.decode(bytes.subarray(headBytes, indexEnd)),
    producers: decodeProducers(bytes.subarray(indexEnd)),
  }
}
