/**
 * Record batches (magic 2) as bytes: their header, what a client must not get wrong in them, and the three changes a
 * broker makes. Records are never looked at.
 *
 * Base offset and leader epoch lie outside the checksum and are rewritten in place. Only stamping a batch with the time
 * of appending needs a new checksum. Source: KIP-98 and the message format of Kafka's protocol guide.
 */
import { type ErrorCode, errorCodes } from 'sluice-kafka-protocol'
import { crc32c } from './crc32c.ts'

export const batchHeaderBytes = 61
/** Bytes in front of what `batchLength` counts: base offset and the length itself. */
export const batchPrefixBytes = 12

const lengthAt = 8
const epochAt = 12
const magicAt = 16
const crcAt = 17
const attributesAt = 21
const appendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20
const codecMask = 0x07
const codecMax = 4

/** A batch's header, read. */
export interface BatchHeader {
  readonly baseOffset: bigint
  /** The whole batch with its header. */
  readonly sizeBytes: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Reads the header at `at`, or null when the bytes cannot be one. The checksum is not looked at. */
export const readBatchHeader = (bytes: Buffer, at: number): BatchHeader | null => {
  if (bytes.length - at < batchHeaderBytes) return null
  const length = bytes.readInt32BE(at + lengthAt)
  if (length < batchHeaderBytes - batchPrefixBytes || bytes[at + magicAt] !== 2) return null
  return {
    baseOffset: bytes.readBigInt64BE(at),
    sizeBytes: length + batchPrefixBytes,
    attributes: bytes.readInt16BE(at + attributesAt),
    lastOffsetDelta: bytes.readInt32BE(at + 23),
    baseTimestamp: Number(bytes.readBigInt64BE(at + 27)),
    maxTimestamp: Number(bytes.readBigInt64BE(at + 35)),
    producerId: bytes.readBigInt64BE(at + 43),
    producerEpoch: bytes.readInt16BE(at + 51),
    baseSequence: bytes.readInt32BE(at + 53),
    recordCount: bytes.readInt32BE(at + 57),
  }
}

/** Whether the checksum of the batch at `at` is right. All of the batch must be there. */
export const isIntact = (bytes: Buffer, at: number, sizeBytes: number): boolean =>
  crc32c(bytes.subarray(at + attributesAt, at + sizeBytes)) === bytes.readUInt32BE(at + crcAt)

export const isControlBatch = (header: BatchHeader): boolean => (header.attributes & controlBit) !== 0

export const isTransactionalBatch = (header: BatchHeader): boolean =>
  (header.attributes & transactionalBit) !== 0

/** Why a batch is refused. */
export interface BatchRefusal {
  readonly error: ErrorCode
  readonly message: string
}

export interface BatchRules {
  readonly sizeBytesMax: number
  readonly origin: 'client' | 'broker'
  readonly nowMs: number
  readonly appendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
}

const refuse = (error: ErrorCode, message: string): BatchRefusal => ({ error, message })

/**
 * Checks what a producer sent for one partition: exactly one batch, whole, with its checksum, and nothing in the header
 * that Kafka would refuse. Answers the header, or the refusal.
 */
export const checkBatch = (bytes: Buffer, rules: BatchRules): BatchHeader | BatchRefusal => {
  if (bytes.length > magicAt && bytes[magicAt] !== 2) {
    return refuse(
      errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT,
      'Only record batches of message format 2 are accepted',
    )
  }
  const header = readBatchHeader(bytes, 0)
  if (header === null || header.sizeBytes > bytes.length) {
    return refuse(errorCodes.CORRUPT_MESSAGE, 'The record batch is cut off')
  }
  if (header.sizeBytes !== bytes.length) {
    return refuse(
      errorCodes.INVALID_RECORD,
      'A produce request must hold exactly one record batch for a partition',
    )
  }
  if (header.sizeBytes > rules.sizeBytesMax) {
    return refuse(
      errorCodes.MESSAGE_TOO_LARGE,
      `The record batch has ${header.sizeBytes} bytes; the topic accepts ${rules.sizeBytesMax}`,
    )
  }
  if (!isIntact(bytes, 0, header.sizeBytes)) {
    return refuse(errorCodes.CORRUPT_MESSAGE, 'The checksum of the record batch is wrong')
  }
  return rules.origin === 'broker' ? header : (checkClientHeader(header, rules) ?? header)
}

const checkClientHeader = (header: BatchHeader, rules: BatchRules): BatchRefusal | null => {
  if (header.recordCount <= 0 || header.recordCount !== header.lastOffsetDelta + 1) {
    return refuse(
      errorCodes.INVALID_RECORD,
      `The record batch says ${header.recordCount} records, its offsets say ${header.lastOffsetDelta + 1}`,
    )
  }
  if (isControlBatch(header))
    return refuse(errorCodes.INVALID_RECORD, 'Clients may not write control batches')
  if (header.producerId >= 0n && (header.baseSequence < 0 || header.producerEpoch < 0)) {
    return refuse(
      errorCodes.INVALID_RECORD,
      'The record batch has a producer id, but no sequence number or epoch',
    )
  }
  if ((header.attributes & codecMask) > codecMax) {
    return refuse(errorCodes.UNSUPPORTED_COMPRESSION_TYPE, 'The record batch has an unknown compression type')
  }
  return rules.appendTime ? null : checkTimestamps(header, rules)
}

const checkTimestamps = (header: BatchHeader, rules: BatchRules): BatchRefusal | null => {
  if (header.maxTimestamp - rules.nowMs > rules.timestampAfterMaxMs) {
    return refuse(
      errorCodes.INVALID_TIMESTAMP,
      `A record is stamped ${header.maxTimestamp - rules.nowMs} ms ahead of the broker's clock; ${rules.timestampAfterMaxMs} are allowed`,
    )
  }
  // -1 says that a record has no timestamp, which is allowed.
  if (header.baseTimestamp >= 0 && rules.nowMs - header.baseTimestamp > rules.timestampBeforeMaxMs) {
    return refuse(
      errorCodes.INVALID_TIMESTAMP,
      `A record is stamped ${rules.nowMs - header.baseTimestamp} ms behind the broker's clock; ${rules.timestampBeforeMaxMs} are allowed`,
    )
  }
  return null
}

export const isRefusal = (checked: BatchHeader | BatchRefusal): checked is BatchRefusal => 'error' in checked

/** Writes where the batch begins, and the leader epoch, into it. */
export const placeBatch = (bytes: Buffer, baseOffset: bigint, leaderEpoch: number): void => {
  bytes.writeBigInt64BE(baseOffset, 0)
  bytes.writeInt32BE(leaderEpoch, epochAt)
}

/** Stamps a batch with the time of appending, which needs a new checksum. */
export const stampBatch = (bytes: Buffer, nowMs: number): void => {
  bytes.writeInt16BE(bytes.readInt16BE(attributesAt) | appendTimeBit, attributesAt)
  bytes.writeBigInt64BE(BigInt(nowMs), 35)
  bytes.writeUInt32BE(crc32c(bytes.subarray(attributesAt)), crcAt)
}
