/**
 * From the record set that a broker sent to one set of columns.
 *
 * - Several Kafka batches of a partition become one DecodedRecords; its columns point into the bytes that were received.
 *   Only compressed batches are copied, all of them into one buffer.
 * - Every checksum is checked. Control batches and, for read_committed, aborted records are left out.
 * - A batch that is cut off at the end, as brokers may send it, is not there yet.
 * - A batch that is damaged is named by its place, so that those before it can be read. All batches of a set together unfold
 *   to no more than one may; what they say of themselves is believed only as far as their bytes reach.
 */
import {
  BatchView,
  batchAttributes,
  batchFieldAt,
  batchHeaderSizeBytes,
  decodeHeaders,
  decompressedBytesMax,
  ProtocolError,
  RecordColumns,
  type RecordHeader,
  walkRecords,
} from 'sluice-kafka-protocol'
import { crc32c } from '../compression/checksum.ts'
import { decompress, gunzipBeside, isForThread } from '../compression/codecs.ts'

/** From where on a producer's records are aborted, until its next abort marker. */
export interface AbortedRange {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface RecordSet {
  readonly bytes: Buffer
  /** Offset that was asked for: the first batch may begin before it. */
  readonly from: bigint
  /** Aborted transactions in these bytes; null: read them too. */
  readonly aborted: readonly AbortedRange[] | null
}

/** Records of one partition as columns over the bytes that were fetched: nothing is made per record. */
export interface DecodedRecords {
  readonly count: number
  /** Where keys and values lie. */
  readonly bytes: Buffer
  /** Start of each key in `bytes`; -1 where it is null. */
  readonly keyStart: Int32Array
  readonly keyEnd: Int32Array
  /** Start of each value in `bytes`; -1 where it is null (a tombstone). */
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  /** Integer milliseconds since the epoch: when it happened or when it was appended, as the topic is set. */
  readonly timeMs: Float64Array
  /** Offset of the first record. */
  readonly baseOffset: bigint
  /** What to add to `baseOffset` for each record; ascending. */
  readonly offsetDelta: Float64Array
  /** Read when asked for. */
  readonly headersOf: (row: number) => readonly RecordHeader[]
}

const uncountedBytes = 12

/** Where a record set ends. */
export interface RecordSetEnd {
  /** Offset after the last record. */
  readonly offset: bigint
  /** Leader epoch of the last batch. */
  readonly leaderEpoch: number
}

/** Read from the headers of the batches alone; null where no batch is whole. */
export const endOf = (bytes: Buffer): RecordSetEnd | null => {
  let at = 0
  let lastStart = -1
  while (bytes.length - at >= batchHeaderSizeBytes) {
    const sizeBytes = bytes.readInt32BE(at + batchFieldAt.batchLength) + uncountedBytes
    if (sizeBytes < batchHeaderSizeBytes || sizeBytes > bytes.length - at) break
    lastStart = at
    at += sizeBytes
  }
  if (lastStart < 0) return null
  const base = bytes.readBigInt64BE(lastStart + batchFieldAt.baseOffset)
  return {
    offset: base + BigInt(bytes.readInt32BE(lastStart + batchFieldAt.lastOffsetDelta)) + 1n,
    leaderEpoch: bytes.readInt32BE(lastStart + batchFieldAt.partitionLeaderEpoch),
  }
}

/** A batch of a set cannot be read; those before it can. */
export class DamagedBatch extends Error {
  /** Where it begins in the bytes of the set. */
  readonly start: number

  constructor(start: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'DamagedBatch'
    this.start = start
  }
}

/** @throws DamagedBatch where `read` throws */
const readingBatch = <Result>(start: number, read: () => Result): Result => {
  try {
    return read()
  } catch (error) {
    throw new DamagedBatch(start, error)
  }
}

/** One Kafka batch whose records count. */
interface KeptBatch {
  readonly start: number
  readonly recordsStart: number
  readonly end: number
  readonly count: number
  readonly compression: number
  readonly baseOffset: bigint
  readonly baseTimeMs: number
  /** The time of all records, where the broker sets it; else null. */
  readonly appendTimeMs: number | null
}

const abortMarkerType = 0

const isAbortMarker = (view: BatchView): boolean => {
  const columns = new RecordColumns(1)
  walkRecords(view.buffer, view.recordsStart, view.end, view.recordCount, columns)
  const keyStart = columns.keyStart[0] ?? -1
  // The key of a control record: version, type.
  return keyStart >= 0 && view.buffer.readInt16BE(keyStart + 2) === abortMarkerType
}

/** Tells, batch by batch in order, which ones belong to aborted transactions. */
class AbortFilter {
  readonly #ranges: AbortedRange[]
  readonly #aborting = new Set<bigint>()

  constructor(aborted: readonly AbortedRange[]) {
    this.#ranges = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  }

  /** The same producer may abort several times in one set: its marker ends one range, not all. */
  isAborted(view: BatchView): boolean {
    const lastOffset = view.lastOffset
    for (
      let next = this.#ranges[0];
      next !== undefined && next.firstOffset <= lastOffset;
      next = this.#ranges[0]
    ) {
      this.#aborting.add(next.producerId)
      this.#ranges.shift()
    }
    if (!this.#aborting.has(view.producerId)) return false
    if (view.isControl && isAbortMarker(view)) this.#aborting.delete(view.producerId)
    return view.isTransactional
  }
}

const keptBatchesOf = (set: RecordSet): KeptBatch[] => {
  const { bytes, from, aborted } = set
  const filter = aborted === null ? null : new AbortFilter(aborted)
  const kept: KeptBatch[] = []
  const view = new BatchView()
  for (let at = 0; bytes.length - at >= batchHeaderSizeBytes; at = view.end) {
    if (bytes.readInt32BE(at + batchFieldAt.batchLength) + uncountedBytes > bytes.length - at) break
    const isAborted = readingBatch(at, () => {
      view.move(bytes, at)
      if (view.hasValidCrc(crc32c)) return filter?.isAborted(view) ?? false
      throw new ProtocolError(
        'checksum',
        `the batch at offset ${view.baseOffset} does not match its checksum`,
      )
    })
    if (isAborted || view.isControl || view.lastOffset < from || view.recordCount === 0) continue
    kept.push({
      start: at,
      recordsStart: view.recordsStart,
      end: view.end,
      count: view.recordCount,
      compression: view.compression,
      baseOffset: view.baseOffset,
      baseTimeMs: Number(view.baseTimestamp),
      appendTimeMs: view.isLogAppendTime ? Number(view.maxTimestamp) : null,
    })
  }
  return kept
}

/** Records of batches that are decompressed already, by where their batch begins. */
export type Unpacked = ReadonlyMap<number, Buffer>
const nothingUnpacked: Unpacked = new Map()

/** Smaller ones are done sooner than a thread is asked. */
const besideBytesMin = 64 * 1024

/** Whether there is so much to decompress that the event loop should not wait for it. Read from the headers alone. */
export const isBetterBeside = ({ bytes }: RecordSet): boolean =>
  bytes.length >= besideBytesMin &&
  isForThread(bytes.readInt16BE(batchFieldAt.attributes) & batchAttributes.compressionMask)

/** Decompresses what it can beside the event loop, batch after batch; what is damaged is left to who decodes. Never rejects. */
export const unpackBeside = async (set: RecordSet): Promise<Unpacked> => {
  const unpacked = new Map<number, Buffer>()
  let leftBytes = decompressedBytesMax
  try {
    for (const { start, compression, recordsStart, end } of keptBatchesOf(set)) {
      if (!isForThread(compression)) continue
      const part = await gunzipBeside(set.bytes.subarray(recordsStart, end), leftBytes)
      leftBytes = Math.max(1, leftBytes - part.length)
      unpacked.set(start, part)
    }
  } catch {
    // Decoding meets it again, and tells.
  }
  return unpacked
}

/** Where the uncompressed records of each batch lie. */
interface Laid {
  readonly buffer: Buffer
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

const layOut = (bytes: Buffer, kept: readonly KeptBatch[], unpacked: Unpacked): Laid => {
  if (kept.every((batch) => batch.compression === 0)) {
    return { buffer: bytes, ranges: kept.map((batch) => [batch.recordsStart, batch.end]) }
  }
  let leftBytes = decompressedBytesMax
  const parts = kept.map(({ start, compression, recordsStart, end }) => {
    const records = bytes.subarray(recordsStart, end)
    const part = unpacked.get(start) ?? readingBatch(start, () => decompress(compression, records, leftBytes))
    leftBytes = Math.max(1, leftBytes - part.length)
    return part
  })
  let at = 0
  const ranges = parts.map((part): readonly [number, number] => {
    const start = at
    at += part.length
    return [start, at]
  })
  return {
    buffer: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, at),
    ranges,
  }
}

/** Length, attributes, time, offset, key length, value length, count of headers: a byte each at least. */
const recordBytesMin = 7

const noHeaders: readonly RecordHeader[] = []

/** A count of headers of zero is this byte. */
const noHeadersByte = 0

/**
 * Decodes a record set; null where it holds no record that counts.
 * @throws DamagedBatch
 */
export const decodeRecordSet = (set: RecordSet, unpacked = nothingUnpacked): DecodedRecords | null => {
  const kept = keptBatchesOf(set)
  const first = kept[0]
  if (first === undefined) return null
  const { buffer, ranges } = layOut(set.bytes, kept, unpacked)
  let total = 0
  for (const [index, { start, count }] of kept.entries()) {
    const [from, to] = ranges[index] ?? [0, 0]
    if (count < 0 || count * recordBytesMin > to - from) {
      const problem = `${count} records cannot fit ${to - from} bytes`
      throw new DamagedBatch(start, new ProtocolError('invalid', problem))
    }
    total += count
  }
  const walked = new RecordColumns(total)
  const offsetDelta = new Float64Array(total)
  const timeMs = walked.timestampDelta
  for (const [index, batch] of kept.entries()) {
    const [start, end] = ranges[index] ?? [0, 0]
    const rowsStart = walked.length
    readingBatch(batch.start, () => walkRecords(buffer, start, end, batch.count, walked))
    const baseDelta = Number(batch.baseOffset - first.baseOffset)
    for (let row = rowsStart; row < walked.length; row++) {
      offsetDelta[row] = baseDelta + (walked.offsetDelta[row] ?? 0)
      timeMs[row] = batch.appendTimeMs ?? batch.baseTimeMs + (timeMs[row] ?? 0)
    }
  }
  // The first batch holds the offset that was asked for, and may hold records before it.
  const fromDelta = Number(set.from - first.baseOffset)
  let skip = 0
  while (skip < total && (offsetDelta[skip] ?? 0) < fromDelta) skip++
  if (skip === total) return null
  const firstDelta = offsetDelta[skip] ?? 0
  if (firstDelta !== 0)
    for (let row = skip; row < total; row++) offsetDelta[row] = (offsetDelta[row] ?? 0) - firstDelta
  const headersStart = walked.headersStart.subarray(skip)
  const headersEnd = walked.headersEnd.subarray(skip)
  return {
    count: total - skip,
    bytes: buffer,
    keyStart: walked.keyStart.subarray(skip, total),
    keyEnd: walked.keyEnd.subarray(skip, total),
    valueStart: walked.valueStart.subarray(skip, total),
    valueEnd: walked.valueEnd.subarray(skip, total),
    timeMs: timeMs.subarray(skip, total),
    baseOffset: first.baseOffset + BigInt(firstDelta),
    offsetDelta: offsetDelta.subarray(skip, total),
    headersOf: (row) => {
      const start = headersStart[row] ?? 0
      return buffer[start] === noHeadersByte
        ? noHeaders
        : decodeHeaders(buffer, start, headersEnd[row] ?? start)
    },
  }
}
