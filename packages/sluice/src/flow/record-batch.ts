/**
 * A batch of records of one lane, as columns over the bytes that were read.
 *
 * Nothing is copied, parsed or allocated per record before it is asked for: key, value and headers are
 * ranges of `bytes`; the body is parsed on first use and kept. A batch is never changed after it was made.
 */
import { fault, messageOf } from '../kernel/faults/index.ts'

export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface RecordColumns {
  readonly count: number
  /** Where keys, values and headers lie. */
  readonly bytes: Buffer
  /** Start of each key in `bytes`; -1 where the key is null. */
  readonly keyStart: Int32Array
  readonly keyEnd: Int32Array
  /** Start of each value in `bytes`; -1 where the value is null (a Kafka tombstone). */
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  /** Event or append time of each record, integer milliseconds since the epoch. */
  readonly timeMs: Float64Array
  /** The number of the first record in its lane: a Kafka offset, a line, a sequence. */
  readonly numberBase: bigint
  /** What to add to `numberBase` for each record; ascending. */
  readonly numberDelta: Float64Array
}

export interface BatchOrigin {
  readonly pipeline: string
  /** Which life of the source this is: cluster and topic id, file inode, seed. A topic made anew has another. */
  readonly incarnation: string
  /** What is ordered within the source and committed as one. */
  readonly lane: string
  /** Where the lane's topic, file or queue is known to people by this name. */
  readonly stream: string
  /** Where reading goes on after this batch. */
  readonly next: string
}

export type HeadersOf = (index: number) => readonly Header[]

const noHeaders: HeadersOf = () => []

export class RecordBatch {
  readonly origin: BatchOrigin
  readonly columns: RecordColumns
  readonly count: number
  /** Bytes that this batch keeps in memory, for the bounds of the engine. */
  readonly sizeBytes: number
  readonly headersOf: HeadersOf
  readonly #bodies: unknown[]

  /** @param bodies parsed bodies where the source already has them; then they are not parsed again. */
  constructor(
    origin: BatchOrigin,
    columns: RecordColumns,
    headersOf: HeadersOf = noHeaders,
    bodies: unknown[] = [],
  ) {
    this.origin = origin
    this.columns = columns
    this.count = columns.count
    this.sizeBytes = columns.bytes.length
    this.headersOf = headersOf
    this.#bodies = bodies
  }

  /** The number of record `index` in its lane. */
  numberOf(index: number): bigint {
    return this.columns.numberBase + BigInt(this.columns.numberDelta[index] ?? 0)
  }

  timeOf(index: number): number {
    return this.columns.timeMs[index] ?? 0
  }

  /** A view of the key; copy it to keep it. */
  keyOf(index: number): Buffer | null {
    const start = this.columns.keyStart[index] ?? -1
    return start < 0 ? null : this.columns.bytes.subarray(start, this.columns.keyEnd[index])
  }

  keyTextOf(index: number): string | null {
    const start = this.columns.keyStart[index] ?? -1
    return start < 0 ? null : this.columns.bytes.toString('utf8', start, this.columns.keyEnd[index])
  }

  /** A view of the value; copy it to keep it. */
  valueOf(index: number): Buffer | null {
    const start = this.columns.valueStart[index] ?? -1
    return start < 0 ? null : this.columns.bytes.subarray(start, this.columns.valueEnd[index])
  }

  isTombstone(index: number): boolean {
    return (this.columns.valueStart[index] ?? -1) < 0
  }

  /**
   * The parsed body; null for a tombstone.
   * @throws fault BODY_NOT_JSON
   */
  bodyOf(index: number): unknown {
    const kept = this.#bodies[index]
    if (kept !== undefined) return kept
    const body = this.#parse(index)
    this.#bodies[index] = body
    return body
  }

  /**
   * The parsed body, for its last reader: it is not kept, so that a large batch does not fill the heap with bodies.
   * @throws fault BODY_NOT_JSON
   */
  takeBodyOf(index: number): unknown {
    const kept = this.#bodies[index]
    if (kept === undefined) return this.#parse(index)
    this.#bodies[index] = undefined
    return kept
  }

  #parse(index: number): unknown {
    const start = this.columns.valueStart[index] ?? -1
    if (start < 0) return null
    return parseBody(this.columns.bytes.toString('utf8', start, this.columns.valueEnd[index]))
  }

  /**
   * The record's id: (pipeline, incarnation, lane, number), or the id it was given by an earlier pipeline
   * of ours and carries in its header, so that a copy made by a retry upstream has the same id.
   */
  idOf(index: number): string {
    for (const header of this.headersOf(index)) {
      if (header.key === recordIdHeader && header.value !== null) return Buffer.from(header.value).toString()
    }
    return recordId(this.origin, this.numberOf(index))
  }
}

/** The Kafka header in which a record's id travels. */
export const recordIdHeader = 'sluice-record-id'

export const recordId = (
  origin: Pick<BatchOrigin, 'pipeline' | 'incarnation' | 'lane'>,
  number: bigint,
): string => `${origin.pipeline}/${origin.incarnation}/${origin.lane}/${number}`

const parseBody = (text: string): unknown => {
  try {
    const body: unknown = JSON.parse(text)
    return body
  } catch (error) {
    throw fault('BODY_NOT_JSON', { problem: messageOf(error) }, error)
  }
}
