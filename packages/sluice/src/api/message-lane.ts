/**
 * One partition of a topic as it is read for a page: oldest first, or newest first in chunks from its end.
 *
 * Decisions only: says which offset to fetch next and is told what came. Holds at most one fetch (oldest first) or one
 * chunk (newest first) at a time.
 */
import type { PeekedPartition } from '../flow/kafka-ports.ts'
import { type ReadRecord, sizeBytesOf } from './message-body.ts'
import type { Stretch } from './message-start.ts'

export interface Lane {
  readonly partition: number
  /** Offset to fetch from; null while there is a record to take, or nothing left. */
  readonly wants: bigint | null
  /** About how many bytes it takes from there; null where as much as may be is welcome. */
  readonly wantsBytes: number | null
  accept(fetched: Pick<PeekedPartition, 'batch' | 'next'>): void
  /** Nothing more comes now: an open transaction, or what the broker keeps back. */
  giveUp(): void
  /** Time of the record that is next; null where there is none. */
  readonly timeMs: number | null
  /** Takes the record that is next; only where `timeMs` is not null. */
  take(): ReadRecord
  /** Where reading goes on: the next offset; newest first, the last one that was taken. */
  readonly position: bigint
  /** Offsets that are left. */
  readonly remaining: bigint
  readonly isDone: boolean
}

type Batch = NonNullable<PeekedPartition['batch']>

/** How many records at the start of a batch lie before an offset; also the index of the first that does not. */
const countBefore = (batch: Batch, offset: bigint): number => {
  let low = 0
  let high = batch.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (batch.numberOf(middle) < offset) low = middle + 1
    else high = middle
  }
  return low
}

class ForwardLane implements Lane {
  readonly partition: number
  readonly #high: bigint
  #position: bigint
  #batch: Batch | null = null
  #index = 0
  #count = 0
  #after: bigint
  #isStuck = false

  constructor(partition: number, { low, high }: Stretch) {
    this.partition = partition
    this.#high = high
    this.#position = low
    this.#after = low
  }

  get wants(): bigint | null {
    return this.#batch === null && !this.isDone ? this.#position : null
  }

  readonly wantsBytes = null

  accept({ batch, next }: Pick<PeekedPartition, 'batch' | 'next'>): void {
    this.#after = next < this.#high ? next : this.#high
    this.#batch = batch
    this.#index = batch === null ? 0 : countBefore(batch, this.#position)
    this.#count = batch === null ? 0 : countBefore(batch, this.#high)
    this.#endOfBatch()
  }

  giveUp(): void {
    this.#isStuck = true
  }

  get timeMs(): number | null {
    return this.#batch === null ? null : this.#batch.timeOf(this.#index)
  }

  take(): ReadRecord {
    const batch = this.#batch
    if (batch === null) throw new Error('there is no record to take')
    const record = { partition: this.partition, batch, index: this.#index }
    this.#position = batch.numberOf(this.#index) + 1n
    this.#index++
    this.#endOfBatch()
    return record
  }

  get position(): bigint {
    return this.#position
  }

  get remaining(): bigint {
    return this.#high - this.#position
  }

  get isDone(): boolean {
    return this.#batch === null && (this.#isStuck || this.#position >= this.#high)
  }

  /** Behind the last record of a fetch reading goes on where the fetch ended: gaps are no records. */
  #endOfBatch(): void {
    if (this.#batch !== null && this.#index < this.#count) return
    this.#batch = null
    if (this.#after > this.#position) this.#position = this.#after
  }
}

/** Offsets of the first chunk; records of one batch are often as many. */
const spanPreset = 16n
const spanMax = 1_000_000n
const spanGrowth = 4n
/** Of a record beside key and value: lengths, time, few headers. */
const recordOverheadBytes = 64

class BackwardLane implements Lane {
  readonly partition: number
  readonly #low: bigint
  readonly #chunkBytesMax: number
  #position: bigint
  #span: bigint
  /** Batches of the chunk, in order, each with how many of its records are left. */
  #batches: { readonly batch: Batch; readonly first: number; left: number }[] = []
  #chunkLow: bigint
  #fetchAt: bigint
  #isComplete = false
  #bytes = 0
  /** Of the chunk before. */
  #perOffset = 0

  constructor(partition: number, { low, high }: Stretch, wanted: number, chunkBytesMax: number) {
    this.partition = partition
    this.#low = low
    this.#chunkBytesMax = chunkBytesMax
    this.#position = high
    this.#span = BigInt(Math.max(1, Math.min(wanted, Number(spanPreset))))
    this.#chunkLow = high
    this.#fetchAt = high
    this.#nextChunk()
  }

  get wants(): bigint | null {
    return this.#isComplete || this.isDone ? null : this.#fetchAt
  }

  get wantsBytes(): number | null {
    if (this.#perOffset === 0) return null
    const offsets = Number(this.#position - this.#fetchAt)
    return Math.min(this.#chunkBytesMax, Math.ceil(offsets * (this.#perOffset + recordOverheadBytes)))
  }

  accept({ batch, next }: Pick<PeekedPartition, 'batch' | 'next'>): void {
    if (batch !== null) {
      const isFirst = this.#fetchAt === this.#chunkLow && this.#batches.length === 0
      const first = countBefore(batch, isFirst ? this.#low : this.#fetchAt)
      const left = countBefore(batch, this.#position)
      if (left > first) {
        this.#batches.push({ batch, first, left })
        // The batch of the log begins before the chunk: what came anyway belongs to it.
        const begins = batch.numberOf(first)
        if (isFirst && begins < this.#chunkLow) this.#chunkLow = begins
      }
      for (let index = first; index < left; index++) this.#bytes += sizeBytesOf({ batch, index })
    }
    if (next > this.#fetchAt) this.#fetchAt = next
    if (this.#fetchAt >= this.#position) this.#endOfChunk()
    else if (this.#bytes > this.#chunkBytesMax) this.#shrink()
  }

  giveUp(): void {
    this.#endOfChunk()
  }

  get timeMs(): number | null {
    const last = this.#batches.at(-1)
    return !this.#isComplete || last === undefined ? null : last.batch.timeOf(last.left - 1)
  }

  take(): ReadRecord {
    const last = this.#batches.at(-1)
    if (last === undefined) throw new Error('there is no record to take')
    last.left--
    this.#position = last.batch.numberOf(last.left)
    const record = { partition: this.partition, batch: last.batch, index: last.left }
    if (last.left <= last.first) this.#batches.pop()
    if (this.#batches.length === 0) this.#nextChunk()
    return record
  }

  get position(): bigint {
    return this.#position
  }

  get remaining(): bigint {
    return this.#position - this.#low
  }

  get isDone(): boolean {
    return this.#position <= this.#low && this.#batches.length === 0
  }

  /** All of the chunk was fetched. Where it held nothing, the one before it is next. */
  #endOfChunk(): void {
    this.#isComplete = true
    const offsets = this.#position - this.#chunkLow
    const perOffset = offsets > 0n ? this.#bytes / Number(offsets) : 0
    this.#perOffset = perOffset
    const fitting = perOffset > 0 ? BigInt(Math.max(1, Math.floor(this.#chunkBytesMax / perOffset))) : spanMax
    const grown = this.#span * spanGrowth
    this.#span = [grown, fitting, spanMax].reduce((least, each) => (each < least ? each : least))
    if (this.#batches.length === 0) this.#nextChunk()
  }

  #nextChunk(): void {
    this.#position = this.#chunkLow < this.#position ? this.#chunkLow : this.#position
    const low = this.#position - this.#span
    this.#chunkLow = low > this.#low ? low : this.#low
    this.#startChunk()
  }

  #startChunk(): void {
    this.#fetchAt = this.#chunkLow
    this.#batches = []
    this.#bytes = 0
    this.#isComplete = false
  }

  /** Records are larger than thought: only the end of the chunk is read, what was fetched comes again later. */
  #shrink(): void {
    const perOffset = this.#bytes / Number(this.#fetchAt - this.#chunkLow)
    const span = BigInt(Math.max(1, Math.floor(this.#chunkBytesMax / perOffset)))
    if (this.#position - span <= this.#fetchAt) return
    this.#span = span
    this.#chunkLow = this.#position - span
    this.#startChunk()
  }
}

export const forwardLane = (partition: number, stretch: Stretch): Lane => new ForwardLane(partition, stretch)

/**
 * @param wanted how many records are likely to be taken
 * @param chunkBytesMax about how much may be held; a single message may be larger
 */
export const backwardLane = (
  partition: number,
  stretch: Stretch,
  wanted: number,
  chunkBytesMax: number,
): Lane => new BackwardLane(partition, stretch, wanted, chunkBytesMax)
