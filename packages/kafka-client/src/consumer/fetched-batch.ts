/**
 * Records of one partition as they were fetched: views over the fetched bytes, until the batch is released.
 *
 * - Nothing is copied or parsed before it is asked for; a view is two words.
 * - A view whose batch was released throws: it can never show other bytes than those of its record.
 * - `copy()` takes a record out, bytes and all, and it stays as long as anybody wants it.
 */
import type { RecordHeader } from 'sluice-kafka-protocol'
import { KafkaError, messageOf } from '../errors/kafka-error.ts'
import type { FetchedSet } from './reading.ts'
import type { DecodedRecords } from './record-sets.ts'

/** A record on its own. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since the epoch: when it happened or when it was appended, as the topic is set. */
  readonly timeMs: number
  readonly key: Buffer | null
  /** null: a tombstone. */
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const copyOf = <Bytes extends Uint8Array>(bytes: Bytes | null): Buffer | null =>
  bytes === null ? null : Buffer.from(bytes)

/** A record within its batch. Bytes that it gives are views: they hold the whole fetched buffer for as long as they are kept. */
export class RecordView {
  readonly batch: FetchedBatch
  /** Its place in the batch, from 0. */
  readonly row: number

  constructor(batch: FetchedBatch, row: number) {
    this.batch = batch
    this.row = row
  }

  get offset(): bigint {
    return this.batch.offsetOf(this.row)
  }

  get timeMs(): number {
    return this.batch.timeMsOf(this.row)
  }

  get key(): Buffer | null {
    return this.batch.keyOf(this.row)
  }

  get value(): Buffer | null {
    return this.batch.valueOf(this.row)
  }

  get keyText(): string | null {
    return this.batch.keyTextOf(this.row)
  }

  get valueText(): string | null {
    return this.batch.valueTextOf(this.row)
  }

  get headers(): readonly RecordHeader[] {
    return this.batch.headersOf(this.row)
  }

  /** The record, with bytes of its own. */
  copy(): KafkaRecord {
    const { topic, partition } = this.batch
    return {
      topic,
      partition,
      offset: this.offset,
      timeMs: this.timeMs,
      key: copyOf(this.key),
      value: copyOf(this.value),
      headers: this.headers.map(({ key, value }) => ({ key, value: copyOf(value) })),
    }
  }
}

class Rows implements IterableIterator<RecordView> {
  readonly #batch: FetchedBatch
  #row = 0

  constructor(batch: FetchedBatch) {
    this.#batch = batch
  }

  next(): IteratorResult<RecordView, undefined> {
    return this.#row < this.#batch.count
      ? { done: false, value: new RecordView(this.#batch, this.#row++) }
      : { done: true, value: undefined }
  }

  [Symbol.iterator](): this {
    return this
  }
}

export class FetchedBatch implements Disposable, Iterable<RecordView> {
  readonly topic: string
  /** A topic made anew has another; '' where the broker knows no ids. */
  readonly topicId: string
  readonly partition: number
  /** How many records; at least one. */
  readonly count: number
  /** Offset after the last record of the batch, and after whatever was left out behind it: what to commit. */
  readonly nextOffset: bigint
  /** Of the last record: what to commit beside `nextOffset`; -1 where the broker told none. */
  readonly leaderEpoch: number
  #records: DecodedRecords | null
  readonly #onReleased: (sizeBytes: number) => void

  constructor(
    set: Pick<FetchedSet, 'topic' | 'topicId' | 'partition' | 'next' | 'leaderEpoch'>,
    records: DecodedRecords,
    onReleased: (sizeBytes: number) => void,
  ) {
    this.topic = set.topic
    this.topicId = set.topicId
    this.partition = set.partition
    this.count = records.count
    this.nextOffset = set.next
    this.leaderEpoch = set.leaderEpoch
    this.#records = records
    this.#onReleased = onReleased
  }

  /** Bytes that the batch holds in memory; 0 once it is released. */
  get sizeBytes(): number {
    return this.#records?.bytes.length ?? 0
  }

  get isReleased(): boolean {
    return this.#records === null
  }

  /** Of row 0. */
  get firstOffset(): bigint {
    return this.#held().baseOffset
  }

  at(row: number): RecordView {
    if (!(row >= 0 && row < this.count)) {
      throw new RangeError(`row ${row} of a batch of ${this.count} records`)
    }
    return new RecordView(this, row)
  }

  [Symbol.iterator](): IterableIterator<RecordView> {
    return new Rows(this)
  }

  offsetOf(row: number): bigint {
    const { baseOffset, offsetDelta } = this.#held()
    return baseOffset + BigInt(offsetDelta[row] ?? 0)
  }

  timeMsOf(row: number): number {
    return this.#held().timeMs[row] ?? 0
  }

  keyOf(row: number): Buffer | null {
    const { bytes, keyStart, keyEnd } = this.#held()
    const start = keyStart[row] ?? -1
    return start < 0 ? null : bytes.subarray(start, keyEnd[row])
  }

  keyTextOf(row: number): string | null {
    const { bytes, keyStart, keyEnd } = this.#held()
    const start = keyStart[row] ?? -1
    return start < 0 ? null : bytes.toString('utf8', start, keyEnd[row])
  }

  valueOf(row: number): Buffer | null {
    const { bytes, valueStart, valueEnd } = this.#held()
    const start = valueStart[row] ?? -1
    return start < 0 ? null : bytes.subarray(start, valueEnd[row])
  }

  valueTextOf(row: number): string | null {
    const { bytes, valueStart, valueEnd } = this.#held()
    const start = valueStart[row] ?? -1
    return start < 0 ? null : bytes.toString('utf8', start, valueEnd[row])
  }

  /** @throws KafkaError CORRUPT_RECORD, too: headers are looked at only when they are asked for */
  headersOf(row: number): readonly RecordHeader[] {
    const { headersOf } = this.#held()
    try {
      return headersOf(row)
    } catch (error) {
      const about = `${this.topic}/${this.partition} at offset ${this.offsetOf(row)}`
      throw new KafkaError('CORRUPT_RECORD', about, messageOf(error), error)
    }
  }

  /** All records, with bytes of their own. */
  copy(): KafkaRecord[] {
    return Array.from(this, (record) => record.copy())
  }

  /** Lets go of the bytes: views throw from now on. */
  release(): void {
    const { sizeBytes } = this
    if (this.#records === null) return
    this.#records = null
    this.#onReleased(sizeBytes)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** @throws KafkaError RELEASED */
  #held(): DecodedRecords {
    if (this.#records !== null) return this.#records
    throw new KafkaError('RELEASED', `a record of ${this.topic}/${this.partition}`, 'its batch was released')
  }
}
