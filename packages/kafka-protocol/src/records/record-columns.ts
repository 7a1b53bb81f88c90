/**
 * Records of a batch as columns of numbers: where every key, value and header section lies in the bytes.
 *
 * No object is made per record. A columns object is meant to be kept and filled again; it grows as needed and never
 * beyond what the bytes at hand can hold.
 *
 * Source: https://kafka.apache.org/documentation/#record
 */
import { ProtocolError } from '../codec/protocol-error.ts'

/** Length, attributes, timestamp, offset, key length, value length, header count: a byte each at least. */
const recordSizeBytesMin = 7

/** Timestamps beyond this are no exact numbers. */
const timestampDeltaMax = Number.MAX_SAFE_INTEGER

const varlongSizeBytesMax = 10

export class RecordColumns {
  /** How many records there are. */
  length = 0
  offsetDelta: Int32Array
  /** In ms; added to the base timestamp of the batch. */
  timestampDelta: Float64Array
  /** -1 when the key is null. */
  keyStart: Int32Array
  keyEnd: Int32Array
  /** -1 when the value is null (a tombstone). */
  valueStart: Int32Array
  valueEnd: Int32Array
  /** Where the count of headers begins: see `decodeHeaders`. */
  headersStart: Int32Array
  headersEnd: Int32Array

  constructor(capacity = 256) {
    this.offsetDelta = new Int32Array(capacity)
    this.timestampDelta = new Float64Array(capacity)
    this.keyStart = new Int32Array(capacity)
    this.keyEnd = new Int32Array(capacity)
    this.valueStart = new Int32Array(capacity)
    this.valueEnd = new Int32Array(capacity)
    this.headersStart = new Int32Array(capacity)
    this.headersEnd = new Int32Array(capacity)
  }

  get capacity(): number {
    return this.offsetDelta.length
  }

  clear(): void {
    this.length = 0
  }

  /** Makes room for `count` records in all, keeping those there are. */
  reserve(count: number): void {
    if (count <= this.capacity) return
    const capacity = Math.max(count, this.capacity * 2)
    this.offsetDelta = grown(new Int32Array(capacity), this.offsetDelta)
    this.keyStart = grown(new Int32Array(capacity), this.keyStart)
    this.keyEnd = grown(new Int32Array(capacity), this.keyEnd)
    this.valueStart = grown(new Int32Array(capacity), this.valueStart)
    this.valueEnd = grown(new Int32Array(capacity), this.valueEnd)
    this.headersStart = grown(new Int32Array(capacity), this.headersStart)
    this.headersEnd = grown(new Int32Array(capacity), this.headersEnd)
    const timestampDelta = new Float64Array(capacity)
    timestampDelta.set(this.timestampDelta)
    this.timestampDelta = timestampDelta
  }
}

const grown = (larger: Int32Array<ArrayBuffer>, old: Int32Array): Int32Array<ArrayBuffer> => {
  larger.set(old)
  return larger
}

/**
 * Walks the `count` records that lie uncompressed between `start` and `end` and appends them to `columns`; positions
 * count from the beginning of `buffer`. All or nothing: throws ProtocolError, with `columns` as they were, unless the
 * records fill the bytes exactly.
 */
export const walkRecords = (
  buffer: Buffer,
  start: number,
  end: number,
  count: number,
  columns: RecordColumns,
): void => {
  if (!(start >= 0 && start <= end && end <= buffer.length)) {
    throw new ProtocolError('invalid', `records from ${start} to ${end} in ${buffer.length} bytes`)
  }
  if (count < 0 || count * recordSizeBytesMin > end - start) {
    throw new ProtocolError('invalid', `${count} records cannot fit ${end - start} bytes`)
  }
  columns.reserve(columns.length + count)
  const walked = walk(buffer, start, end, count, columns)
  if (walked !== end) {
    throw new ProtocolError('invalid', `${end - walked} bytes are left after ${count} records`)
  }
  columns.length += count
}

/** Reads varints one after the other. Overruns are caught by the caller, who compares positions. */
class Cursor {
  position = 0
  private readonly buffer: Buffer

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  /** Zigzag of up to 32 bits. */
  varint(): number {
    const buffer = this.buffer
    let at = this.position
    let byte = buffer[at++] ?? 0
    let raw = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw new ProtocolError('invalid', `a varint before byte ${at} has more than 32 bits`)
      byte = buffer[at++] ?? 0
      raw |= (byte & 0x7f) << shift
    }
    this.position = at
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zigzag of up to 64 bits, as a number; beyond exact numbers it is refused, for no clock is that far off. */
  timestampDelta(): number {
    const buffer = this.buffer
    let at = this.position
    let byte = buffer[at++] ?? 0
    let raw = byte & 0x7f
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = buffer[at++] ?? 0
      raw += (byte & 0x7f) * scale
      if (raw > timestampDeltaMax || at - this.position > varlongSizeBytesMax) {
        throw new ProtocolError('invalid', `the timestamp before byte ${at} is out of range`)
      }
    }
    this.position = at
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }
}

const refuse = (at: number, end: number): never => {
  throw new ProtocolError('truncated', `a record at ${at} reaches beyond its end at ${end}`)
}

const walk = (buffer: Buffer, start: number, end: number, count: number, columns: RecordColumns): number => {
  const { offsetDelta, timestampDelta, keyStart, keyEnd, valueStart, valueEnd, headersStart, headersEnd } =
    columns
  const cursor = new Cursor(buffer)
  let row = columns.length
  let at = start
  for (const rowsEnd = row + count; row < rowsEnd; row++) {
    cursor.position = at
    const sizeBytes = cursor.varint()
    const recordEnd = cursor.position + sizeBytes
    if (sizeBytes < recordSizeBytesMin - 1 || recordEnd > end) refuse(at, end)
    // The attributes of a record are a byte nobody uses yet.
    cursor.position += 1
    timestampDelta[row] = cursor.timestampDelta()
    offsetDelta[row] = cursor.varint()
    const keyLength = cursor.varint()
    let next = cursor.position
    if (keyLength < 0) {
      if (keyLength !== -1) refuse(at, recordEnd)
      keyStart[row] = -1
      keyEnd[row] = -1
    } else {
      keyStart[row] = next
      next += keyLength
      if (next > recordEnd) refuse(at, recordEnd)
      keyEnd[row] = next
    }
    cursor.position = next
    const valueLength = cursor.varint()
    next = cursor.position
    if (valueLength < 0) {
      if (valueLength !== -1) refuse(at, recordEnd)
      valueStart[row] = -1
      valueEnd[row] = -1
    } else {
      valueStart[row] = next
      next += valueLength
      valueEnd[row] = next
    }
    // One byte at least must be left for the count of headers. Positions only grow, so this catches every overrun.
    if (next >= recordEnd) refuse(at, recordEnd)
    headersStart[row] = next
    headersEnd[row] = recordEnd
    at = recordEnd
  }
  return at
}
