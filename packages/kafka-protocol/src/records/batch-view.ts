/**
 * A record batch (magic 2) seen in place: its 61-byte header, checks, and the two patches that need no new checksum.
 *
 * The checksum covers everything from the attributes on. Base offset and partition leader epoch lie before it, so a log
 * can set them in the very bytes a producer sent and store these.
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */
import { ProtocolError } from '../codec/protocol-error.ts'
import type { Crc32c } from './crc32c.ts'
import { crc32c } from './crc32c.ts'

export const batchHeaderSizeBytes = 61

/** Where each field of the header begins. */
export const batchFieldAt = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const

/** The batch length does not count itself and the base offset. */
const uncountedSizeBytes = 12

export const batchAttributes = {
  compressionMask: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
} as const

export const compressionIds = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/**
 * A window onto one batch of a buffer; `move` takes it to another. One view can serve a whole log: it holds nothing but
 * the place.
 */
export class BatchView {
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  /** Whole size, header included. */
  sizeBytes = 0

  /**
   * Moves to the batch that begins at `start`. Throws ProtocolError unless a whole batch of magic 2 lies between `start`
   * and `end`; the checksum is not looked at.
   */
  move(buffer: Buffer, start = 0, end = buffer.length): this {
    const availableBytes = end - start
    if (availableBytes < batchHeaderSizeBytes) {
      throw new ProtocolError('truncated', `${availableBytes} bytes are too few for a batch header`)
    }
    const sizeBytes = buffer.readInt32BE(start + batchFieldAt.batchLength) + uncountedSizeBytes
    if (sizeBytes < batchHeaderSizeBytes) {
      throw new ProtocolError('invalid', `a batch of ${sizeBytes} bytes is smaller than its header`)
    }
    if (sizeBytes > availableBytes) {
      throw new ProtocolError('truncated', `a batch of ${sizeBytes} bytes in ${availableBytes} bytes`)
    }
    const magic = buffer.readInt8(start + batchFieldAt.magic)
    if (magic !== 2) throw new ProtocolError('invalid', `batch magic ${magic} instead of 2`)
    this.buffer = buffer
    this.start = start
    this.sizeBytes = sizeBytes
    return this
  }

  get end(): number {
    return this.start + this.sizeBytes
  }

  get baseOffset(): bigint {
    return this.buffer.readBigInt64BE(this.start + batchFieldAt.baseOffset)
  }

  /** The offset of the last record, whether compaction left it or not. */
  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta)
  }

  get partitionLeaderEpoch(): number {
    return this.buffer.readInt32BE(this.start + batchFieldAt.partitionLeaderEpoch)
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.start + batchFieldAt.crc)
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.start + batchFieldAt.attributes)
  }

  /** One of `compressionIds`, or 5 to 7, which nobody knows. */
  get compression(): number {
    return this.attributes & batchAttributes.compressionMask
  }

  /** Timestamps were set by the broker, and are all the largest one. */
  get isLogAppendTime(): boolean {
    return (this.attributes & batchAttributes.logAppendTime) !== 0
  }

  get isTransactional(): boolean {
    return (this.attributes & batchAttributes.transactional) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & batchAttributes.control) !== 0
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.start + batchFieldAt.lastOffsetDelta)
  }

  get baseTimestamp(): bigint {
    return this.buffer.readBigInt64BE(this.start + batchFieldAt.baseTimestamp)
  }

  get maxTimestamp(): bigint {
    return this.buffer.readBigInt64BE(this.start + batchFieldAt.maxTimestamp)
  }

  get producerId(): bigint {
    return this.buffer.readBigInt64BE(this.start + batchFieldAt.producerId)
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.start + batchFieldAt.producerEpoch)
  }

  get baseSequence(): number {
    return this.buffer.readInt32BE(this.start + batchFieldAt.baseSequence)
  }

  get recordCount(): number {
    return this.buffer.readInt32BE(this.start + batchFieldAt.recordCount)
  }

  /** Where the records begin: compressed or not. */
  get recordsStart(): number {
    return this.start + batchHeaderSizeBytes
  }

  /** The records as they lie there, compressed or not; a view. */
  get records(): Buffer {
    return this.buffer.subarray(this.recordsStart, this.end)
  }

  /** The whole batch; a view. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }

  /** Checks the checksum. */
  hasValidCrc(crc: Crc32c = crc32c): boolean {
    return crc(this.buffer.subarray(this.start + batchFieldAt.attributes, this.end)) === this.crc
  }

  /** Sets the base offset in place; the checksum stays right. */
  setBaseOffset(offset: bigint): void {
    this.buffer.writeBigInt64BE(offset, this.start + batchFieldAt.baseOffset)
  }

  /** Sets the leader epoch in place; the checksum stays right. */
  setPartitionLeaderEpoch(epoch: number): void {
    this.buffer.writeInt32BE(epoch, this.start + batchFieldAt.partitionLeaderEpoch)
  }

  /**
   * Sets the timestamp all records have on a topic with LogAppendTime, as the broker does on the way in. Changes checked
   * bytes, so the checksum is made anew.
   */
  setLogAppendTime(timestampMs: bigint, crc: Crc32c = crc32c): void {
    this.buffer.writeInt16BE(
      this.attributes | batchAttributes.logAppendTime,
      this.start + batchFieldAt.attributes,
    )
    this.buffer.writeBigInt64BE(timestampMs, this.start + batchFieldAt.maxTimestamp)
    this.writeCrc(crc)
  }

  /** Sets who produced the batch and its place in that producer's sequence; the checksum is made anew. */
  setProducer(producerId: bigint, producerEpoch: number, baseSequence: number, crc: Crc32c = crc32c): void {
    this.buffer.writeBigInt64BE(producerId, this.start + batchFieldAt.producerId)
    this.buffer.writeInt16BE(producerEpoch, this.start + batchFieldAt.producerEpoch)
    this.buffer.writeInt32BE(baseSequence, this.start + batchFieldAt.baseSequence)
    this.writeCrc(crc)
  }

  private writeCrc(crc: Crc32c): void {
    const value = crc(this.buffer.subarray(this.start + batchFieldAt.attributes, this.end))
    this.buffer.writeUInt32BE(value, this.start + batchFieldAt.crc)
  }
}
