/**
 * Makes record batches (magic 2): records are written straight into one growing buffer, the header goes in front at the
 * end.
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */
import { batchAttributes, batchFieldAt, batchHeaderSizeBytes } from './batch-view.ts'
import type { Crc32c } from './crc32c.ts'
import { crc32c } from './crc32c.ts'

/** A header to be written; its value is copied. */
export type HeaderInput = { readonly key: string; readonly value: Uint8Array | null }

export type BatchOptions = {
  readonly baseOffset?: bigint
  readonly partitionLeaderEpoch?: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Compresses the records as one block; `id` is one of `compressionIds`. */
  readonly compression?: { readonly id: number; readonly compress: (records: Buffer) => Buffer }
  readonly crc?: Crc32c
}

const magic = 2
/** Below this, copying byte by byte beats the call into the engine. */
const copyByHandBelowBytes = 24
const int32Max = 0x7fff_ffff
const noHeaders: readonly HeaderInput[] = []
const noBytes = Buffer.alloc(0)

export class BatchEncoder {
  private buffer: Buffer
  private expectedSizeBytes: number
  private position = batchHeaderSizeBytes
  private count = 0
  private baseTimestampMs = 0
  private maxTimestampMs = 0
  private lastOffsetDelta = -1

  /** @param room how many bytes to begin with; or bytes that nobody else uses any more, to write into */
  constructor(room: number | Buffer = 16 * 1024) {
    this.buffer = typeof room === 'number' ? noBytes : room
    this.expectedSizeBytes = typeof room === 'number' ? Math.max(room, batchHeaderSizeBytes) : room.length
  }

  get recordCount(): number {
    return this.count
  }

  /** Size of the batch so far, header included, before compression. */
  get sizeBytes(): number {
    return this.position
  }

  /**
   * Adds one record; key and value are copied. `timestampMs` is a whole number of ms since 1970. `offsetDelta` is only
   * given where offsets have gaps, as after compaction, and must grow; otherwise records follow one another.
   */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: readonly HeaderInput[] = noHeaders,
    offsetDelta = this.lastOffsetDelta + 1,
  ): void {
    if (!Number.isSafeInteger(timestampMs)) throw new RangeError(`${timestampMs} is no timestamp in ms`)
    if (offsetDelta <= this.lastOffsetDelta || offsetDelta > int32Max) {
      throw new RangeError(`offset delta ${offsetDelta} does not follow ${this.lastOffsetDelta}`)
    }
    const isFirst = this.count === 0
    const timestampDelta = isFirst ? 0 : timestampMs - this.baseTimestampMs
    const keySizeBytes = key === null ? 0 : key.length
    const valueSizeBytes = value === null ? 0 : value.length
    const bodySizeBytes =
      1 +
      timestampDeltaSize(timestampDelta) +
      lengthSize(offsetDelta) +
      (key === null ? 1 : lengthSize(keySizeBytes)) +
      keySizeBytes +
      (value === null ? 1 : lengthSize(valueSizeBytes)) +
      valueSizeBytes +
      (headers.length === 0 ? 1 : headersSize(headers))
    const recordSizeBytes = lengthSize(bodySizeBytes) + bodySizeBytes
    if (recordSizeBytes > this.buffer.length - this.position) this.grow(recordSizeBytes)

    this.writeLength(bodySizeBytes)
    this.buffer[this.position++] = 0
    this.writeTimestampDelta(timestampDelta)
    this.writeLength(offsetDelta)
    this.writeNullable(key, keySizeBytes)
    this.writeNullable(value, valueSizeBytes)
    if (headers.length === 0) this.buffer[this.position++] = 0
    else this.writeHeaders(headers)

    if (isFirst) this.baseTimestampMs = timestampMs
    if (isFirst || timestampMs > this.maxTimestampMs) this.maxTimestampMs = timestampMs
    this.count += 1
    this.lastOffsetDelta = offsetDelta
  }

  /**
   * The finished batch. The encoder lets go of its bytes and is empty again. Throws RangeError when there is no record.
   */
  finish(options: BatchOptions = {}): Buffer {
    if (this.count === 0) throw new RangeError('a batch needs a record')
    const batch = this.withCompression(options.compression)
    batch.writeBigInt64BE(options.baseOffset ?? 0n, batchFieldAt.baseOffset)
    batch.writeInt32BE(batch.length - batchFieldAt.partitionLeaderEpoch, batchFieldAt.batchLength)
    batch.writeInt32BE(options.partitionLeaderEpoch ?? -1, batchFieldAt.partitionLeaderEpoch)
    batch.writeInt8(magic, batchFieldAt.magic)
    batch.writeInt16BE(attributesOf(options), batchFieldAt.attributes)
    batch.writeInt32BE(this.lastOffsetDelta, batchFieldAt.lastOffsetDelta)
    batch.writeBigInt64BE(BigInt(this.baseTimestampMs), batchFieldAt.baseTimestamp)
    batch.writeBigInt64BE(BigInt(this.maxTimestampMs), batchFieldAt.maxTimestamp)
    batch.writeBigInt64BE(options.producerId ?? -1n, batchFieldAt.producerId)
    batch.writeInt16BE(options.producerEpoch ?? -1, batchFieldAt.producerEpoch)
    batch.writeInt32BE(options.baseSequence ?? -1, batchFieldAt.baseSequence)
    batch.writeInt32BE(this.count, batchFieldAt.recordCount)
    const crc = options.crc ?? crc32c
    batch.writeUInt32BE(crc(batch.subarray(batchFieldAt.attributes)), batchFieldAt.crc)
    this.reset()
    return batch
  }

  private withCompression(compression: BatchOptions['compression']): Buffer {
    if (compression === undefined || compression.id === 0) return this.buffer.subarray(0, this.position)
    const compressed = compression.compress(this.buffer.subarray(batchHeaderSizeBytes, this.position))
    const batch = Buffer.allocUnsafe(batchHeaderSizeBytes + compressed.length)
    compressed.copy(batch, batchHeaderSizeBytes)
    return batch
  }

  private reset(): void {
    // The finished batch keeps the old buffer; the next batch, if there is one, will be about as large.
    this.expectedSizeBytes = this.buffer.length
    this.buffer = noBytes
    this.position = batchHeaderSizeBytes
    this.count = 0
    this.lastOffsetDelta = -1
  }

  private grow(sizeBytes: number): void {
    // Memory of its own, which the owner of the finished batch may use again.
    const larger = Buffer.allocUnsafeSlow(
      Math.max(this.buffer.length * 2, this.expectedSizeBytes, this.position + sizeBytes),
    )
    this.buffer.copy(larger, 0, 0, this.position)
    this.buffer = larger
  }

  /** Zigzag of a number from 0 to 2^31 - 1. */
  private writeLength(length: number): void {
    const buffer = this.buffer
    let at = this.position
    let rest = (length << 1) >>> 0
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.position = at
  }

  private writeTimestampDelta(delta: number): void {
    if (delta >= 0 && delta <= int32Max) {
      this.writeLength(delta)
      return
    }
    let rest = zigzag64(delta)
    while (rest >= 0x80n) {
      this.buffer[this.position++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.buffer[this.position++] = Number(rest)
  }

  private writeNullable(bytes: Uint8Array | null, sizeBytes: number): void {
    if (bytes === null) {
      // Zigzag of -1.
      this.buffer[this.position++] = 1
      return
    }
    this.writeLength(sizeBytes)
    const buffer = this.buffer
    const at = this.position
    if (sizeBytes < copyByHandBelowBytes) {
      for (let index = 0; index < sizeBytes; index++) buffer[at + index] = bytes[index] ?? 0
    } else {
      buffer.set(bytes, at)
    }
    this.position = at + sizeBytes
  }

  private writeHeaders(headers: readonly HeaderInput[]): void {
    this.writeLength(headers.length)
    for (const { key, value } of headers) {
      const keySizeBytes = Buffer.byteLength(key)
      this.writeLength(keySizeBytes)
      this.buffer.write(key, this.position, keySizeBytes, 'utf8')
      this.position += keySizeBytes
      this.writeNullable(value, value === null ? 0 : value.length)
    }
  }
}

/** Bytes that the zigzag varint of a number from 0 to 2^31 - 1 takes. */
const lengthSize = (length: number): number => {
  if (length < 0x40) return 1
  if (length < 0x2000) return 2
  if (length < 0x10_0000) return 3
  return length < 0x800_0000 ? 4 : 5
}

const zigzag64 = (value: number): bigint => {
  const whole = BigInt(value)
  return BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n))
}

const timestampDeltaSize = (delta: number): number => {
  if (delta >= 0 && delta <= int32Max) return lengthSize(delta)
  let sizeBytes = 1
  for (let rest = zigzag64(delta); rest >= 0x80n; rest >>= 7n) sizeBytes += 1
  return sizeBytes
}

const headersSize = (headers: readonly HeaderInput[]): number => {
  let sizeBytes = lengthSize(headers.length)
  for (const { key, value } of headers) {
    const keySizeBytes = Buffer.byteLength(key)
    sizeBytes += lengthSize(keySizeBytes) + keySizeBytes
    sizeBytes += value === null ? 1 : lengthSize(value.length) + value.length
  }
  return sizeBytes
}

const attributesOf = (options: BatchOptions): number =>
  (options.compression?.id ?? 0) |
  (options.isTransactional === true ? batchAttributes.transactional : 0) |
  (options.isControl === true ? batchAttributes.control : 0)
