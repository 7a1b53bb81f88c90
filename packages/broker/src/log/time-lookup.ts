/**
 * Which offset belongs to a time: the index finds the batch, a walk over its records finds the record.
 *
 * Records that cannot be read here (damaged, or too large unfolded) are answered with where their batch begins: a consumer
 * that starts there sees some earlier records too, but misses none.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { lz4Decompress, snappyDecompress } from 'sluice-kafka-protocol'
import { type BatchHeader, batchHeaderBytes } from './batch.ts'
import type { Segment } from './segment.ts'

/** An offset and the time its record is stamped with. */
export interface TimedOffset {
  readonly offset: bigint
  readonly timestamp: number
}

const inflatedBytesMax = 64 * 1024 * 1024
const appendTimeBit = 0x08

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The records of a batch, inflated, or null when they cannot be. */
const recordsOf = (batch: Buffer, header: BatchHeader): Buffer | null => {
  const body = batch.subarray(batchHeaderBytes)
  try {
    switch (header.attributes & 0x07) {
      case 0:
        return body
      case 1:
        return gunzipSync(body, { maxOutputLength: inflatedBytesMax })
      case 2:
        return bufferOf(snappyDecompress(body, inflatedBytesMax))
      case 3:
        return bufferOf(lz4Decompress(body, inflatedBytesMax))
      case 4:
        return zstdDecompressSync(body, { maxOutputLength: inflatedBytesMax })
      default:
        return null
    }
  } catch {
    // Bytes that a producer compressed wrongly are its consumers' trouble; here the batch's own offset serves.
    return null
  }
}

class Cursor {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** A zigzag varint; timestamps and lengths stay far below 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.at] ?? 0
      this.at += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }
}

/** Timestamp and offset of each record, in order. */
function* timesOf(batch: Buffer, header: BatchHeader): Generator<TimedOffset> {
  const records = recordsOf(batch, header)
  if (records === null) return
  const cursor = new Cursor(records)
  for (let left = header.recordCount; left > 0 && !cursor.isAtEnd; left -= 1) {
    const length = cursor.varint()
    const next = cursor.at + length
    cursor.at += 1
    const timestamp = header.baseTimestamp + cursor.varint()
    yield { timestamp, offset: header.baseOffset + BigInt(cursor.varint()) }
    cursor.at = next
  }
}

const isStampedByBroker = (header: BatchHeader): boolean => (header.attributes & appendTimeBit) !== 0

/** The first record of the log, from `logStartOffset` on, that is stamped `timestamp` or later. */
export const recordAtTime = async (
  segments: readonly Segment[],
  timestamp: number,
  logStartOffset: bigint,
): Promise<TimedOffset | null> => {
  for (const segment of segments) {
    if (segment.maxTimestamp < timestamp) continue
    let from = segment.index.positionOfTime(timestamp)
    for (;;) {
      const found = await segment.find(
        from,
        (header) =>
          header.maxTimestamp >= timestamp &&
          header.baseOffset + BigInt(header.lastOffsetDelta) >= logStartOffset,
      )
      if (found === null) break
      const record = await recordInBatch(segment, found, timestamp, logStartOffset)
      if (record !== null) return record
      from = found.position + found.header.sizeBytes
    }
  }
  return null
}

const recordInBatch = async (
  segment: Segment,
  found: { readonly header: BatchHeader; readonly position: number },
  timestamp: number,
  logStartOffset: bigint,
): Promise<TimedOffset | null> => {
  const { header } = found
  const atBatch = {
    offset: header.baseOffset > logStartOffset ? header.baseOffset : logStartOffset,
    timestamp: header.maxTimestamp,
  }
  if (isStampedByBroker(header)) return atBatch
  let isRead = false
  for (const record of timesOf(await segment.readBatch(found), header)) {
    isRead = true
    if (record.timestamp >= timestamp && record.offset >= logStartOffset) return record
  }
  // The header promised a record this late; if none is there, only records before the log start were.
  return isRead ? null : atBatch
}

/** The first record with the latest timestamp of all, or null when no record has one. */
export const latestRecord = async (
  segments: readonly Segment[],
  logStartOffset: bigint,
): Promise<TimedOffset | null> => {
  let latest = -1
  for (const segment of segments) latest = Math.max(latest, segment.maxTimestamp)
  return latest < 0 ? null : recordAtTime(segments, latest, logStartOffset)
}
