/** Builds batches for sources that make or parse records themselves (host, generator, file, http). */
import { type BatchOrigin, type Header, RecordBatch } from './record-batch.ts'

export interface NewRecord {
  readonly key: string | Uint8Array | null
  readonly value: string | Uint8Array | null
  readonly timeMs: number
  readonly headers?: readonly Header[]
  /** The parsed body, where there is one already; must be what `value` says. */
  readonly body?: unknown
  /** The record's number in its lane; ascending, gaps allowed. */
  readonly number: bigint
}

export class BatchBuilder {
  readonly #records: NewRecord[] = []
  #sizeBytes = 0

  get count(): number {
    return this.#records.length
  }

  /** Bytes of all keys and values so far (text counted by its length). */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(record: NewRecord): void {
    this.#records.push(record)
    this.#sizeBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
  }

  /** Makes the batch and empties the builder. */
  build(origin: BatchOrigin): RecordBatch {
    const records = this.#records.splice(0)
    this.#sizeBytes = 0
    const count = records.length
    const parts: Uint8Array[] = []
    const columns = {
      keyStart: new Int32Array(count),
      keyEnd: new Int32Array(count),
      valueStart: new Int32Array(count),
      valueEnd: new Int32Array(count),
      timeMs: new Float64Array(count),
      numberDelta: new Float64Array(count),
    }
    let at = 0
    const place = (part: string | Uint8Array | null, start: Int32Array, end: Int32Array, i: number): void => {
      if (part === null) {
        start[i] = -1
        end[i] = -1
        return
      }
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      parts.push(bytes)
      start[i] = at
      at += bytes.length
      end[i] = at
    }
    const numberBase = records[0]?.number ?? 0n
    const bodies: unknown[] = []
    for (const [i, record] of records.entries()) {
      place(record.key, columns.keyStart, columns.keyEnd, i)
      place(record.value, columns.valueStart, columns.valueEnd, i)
      columns.timeMs[i] = record.timeMs
      columns.numberDelta[i] = Number(record.number - numberBase)
      if (record.body !== undefined) bodies[i] = record.body
    }
    return new RecordBatch(
      origin,
      { count, bytes: Buffer.concat(parts), numberBase, ...columns },
      (i) => records[i]?.headers ?? [],
      bodies,
    )
  }
}
