/**
 * What flows from step to step: the records of a batch that are still under way, each with its provenance.
 *
 * A row is an index into the batch, and a body if a step made a new one. Steps never copy bytes.
 */
import type { RecordBatch } from './record-batch.ts'

export class Rows {
  readonly batch: RecordBatch
  /** For each row, the index of the record in `batch` that it came from; ascending. */
  readonly origin: Int32Array
  /** New bodies by row, where a step made them; undefined means: the records' own, bytes unchanged. */
  readonly bodies: readonly unknown[] | undefined
  readonly count: number

  constructor(batch: RecordBatch, origin: Int32Array, bodies?: readonly unknown[]) {
    this.batch = batch
    this.origin = origin
    this.bodies = bodies
    this.count = origin.length
  }

  /** All records of a batch, as they came. */
  static of(batch: RecordBatch): Rows {
    const origin = new Int32Array(batch.count)
    for (let i = 0; i < origin.length; i++) origin[i] = i
    return new Rows(batch, origin)
  }

  /** The index in the batch of the record behind row `row`. */
  recordOf(row: number): number {
    return this.origin[row] ?? 0
  }

  /**
   * The body of a row; null for a tombstone.
   * @throws fault BODY_NOT_JSON
   */
  bodyOf(row: number): unknown {
    return this.bodies === undefined ? this.batch.bodyOf(this.recordOf(row)) : this.bodies[row]
  }

  /**
   * The body of a row, for its last reader: see `RecordBatch.takeBodyOf`.
   * @throws fault BODY_NOT_JSON
   */
  takeBodyOf(row: number): unknown {
    return this.bodies === undefined ? this.batch.takeBodyOf(this.recordOf(row)) : this.bodies[row]
  }

  /** Only those rows, by ascending row number. */
  pick(rows: readonly number[] | Int32Array): Rows {
    const origin = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i++) origin[i] = this.origin[rows[i] ?? 0] ?? 0
    const bodies = this.bodies
    return new Rows(
      this.batch,
      origin,
      bodies === undefined ? undefined : Array.from(rows, (row) => bodies[row]),
    )
  }

  /** The same rows with new bodies. */
  withBodies(bodies: readonly unknown[]): Rows {
    return new Rows(this.batch, this.origin, bodies)
  }
}
