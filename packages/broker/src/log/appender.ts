/**
 * The write loop of a partition: while one write (and its flush) runs, new batches queue, and all of them go out with the
 * next one. Answers and visibility follow the flush.
 *
 * - Offsets are given and sequences judged when a batch's turn to be written comes, so a failed write needs no undoing:
 *   the file is cut back, its batches are refused, and those behind them try on their own.
 * - Durability: `commit` flushes before every answer; `interval` and `os` answer after the write.
 */
import { type ErrorCode, errorCodes } from 'sluice-kafka-protocol'
import {
  type BatchHeader,
  checkBatch,
  isRefusal,
  isTransactionalBatch,
  placeBatch,
  stampBatch,
} from './batch.ts'
import type { Clock } from './clock.ts'
import type { AppendOptions, AppendOutcome } from './partition-log.ts'
import { judgeSequence, type Producer, type Producers, withBatch } from './producer-state.ts'
import { groupBytesMax } from './recovery.ts'
import type { Slab } from './slab.ts'
import type { LogSettings } from './topic-config.ts'

export type Durability = 'commit' | 'interval' | 'os'

/** A batch that has its place in the log but is not written yet. */
export interface PlacedBatch {
  readonly bytes: Buffer
  readonly slab: Slab | null
  readonly header: BatchHeader
  readonly baseOffset: bigint
}

/** What the write loop needs of its log. */
export interface AppendTarget {
  readonly settings: LogSettings
  readonly producers: Producers
  readonly leaderEpoch: number
  readonly logStartOffset: bigint
  readonly highWatermark: bigint
  /** Bytes the active segment can still take; without bound while it is empty. */
  roomBytes(): number
  /** Begins a new segment. */
  roll(): Promise<void>
  /** Writes in a row, as durable as the mode asks. When it throws, nothing of it is left in the file. */
  write(batches: readonly PlacedBatch[], sizeBytes: number): Promise<void>
  /** Makes what was written visible. */
  publish(batches: readonly PlacedBatch[], producers: ReadonlyMap<bigint, Producer>): void
  /** Tells the operator why a write failed. */
  failed(error: unknown): void
}

interface Pending {
  readonly bytes: Buffer
  readonly slab: Slab | null
  readonly header: BatchHeader
  readonly resolve: (outcome: AppendOutcome) => void
}

interface Group {
  readonly placed: PlacedBatch[]
  /** Who is answered when the group is durable, and where their batch begins. */
  readonly waiting: { readonly pending: Pending; readonly baseOffset: bigint }[]
  readonly producers: Map<bigint, Producer>
  readonly nowMs: number
  sizeBytes: number
  nextOffset: bigint
}

const groupCountMax = 1000

/** Why appends are refused although nothing is wrong with them. */
export interface Refusal {
  readonly error: ErrorCode
  readonly message: string
}

export class Appender {
  readonly #target: AppendTarget
  readonly #clock: Clock
  #queue: Pending[] = []
  #running: Promise<void> | null = null
  #refusal: Refusal | null = null

  constructor(target: AppendTarget, clock: Clock) {
    this.#target = target
    this.#clock = clock
  }

  /** Checks a batch and queues it. The promise never rejects. */
  append(batch: Buffer, options: AppendOptions): Promise<AppendOutcome> {
    const { settings } = this.#target
    if (this.#refusal !== null) return Promise.resolve(this.#refuse(this.#refusal))
    const checked = checkBatch(batch, {
      sizeBytesMax: options.origin === 'client' ? settings.maxMessageBytes : groupBytesMax,
      origin: options.origin,
      nowMs: this.#clock.now(),
      appendTime: settings.appendTime,
      timestampBeforeMaxMs: settings.timestampBeforeMaxMs,
      timestampAfterMaxMs: settings.timestampAfterMaxMs,
    })
    if (isRefusal(checked)) return Promise.resolve(this.#refuse(checked))
    if (options.origin === 'client' && isTransactionalBatch(checked)) {
      return Promise.resolve(
        this.#refuse({ error: errorCodes.INVALID_TXN_STATE, message: 'This broker has no transactions yet' }),
      )
    }
    const slab = options.slab ?? null
    slab?.retain()
    return new Promise((resolve) => {
      this.#queue.push({ bytes: batch, slab, header: checked, resolve })
      this.#start()
    })
  }

  /** Refuses everything from now on, what is queued too once the write that runs has ended. */
  async refuseAll(refusal: Refusal): Promise<void> {
    this.#refusal = refusal
    await this.settled()
  }

  /** Settles when nothing is being written. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Waits for the write that runs, then keeps the next ones away while `work` runs. */
  async exclusively(work: () => Promise<void>): Promise<void> {
    // No turn of the microtask queue may lie between the last check and the claim: a write could start in it.
    while (this.#running !== null) await this.#running
    this.#running = work().finally(() => {
      this.#running = null
      if (this.#queue.length > 0) this.#start()
    })
    await this.#running
  }

  #start(): void {
    if (this.#running !== null) return
    this.#running = this.#run().finally(() => {
      this.#running = null
      if (this.#queue.length > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    // All that the sockets bring in this turn of the event loop goes out together.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      if (this.#refusal !== null) {
        this.#refuseQueue(this.#refusal)
        return
      }
      const group = this.#form()
      if (group.waiting.length === 0 && this.#queue.length > 0 && this.#isFull()) {
        await this.#rollOrRefuse()
        continue
      }
      await this.#write(group)
    }
  }

  #isFull(): boolean {
    const [first] = this.#queue
    return first !== undefined && this.#target.roomBytes() < first.header.sizeBytes
  }

  async #rollOrRefuse(): Promise<void> {
    try {
      await this.#target.roll()
    } catch (error) {
      this.#target.failed(error)
      this.#refuseQueue(storageError)
    }
  }

  /** Takes from the queue what goes out with one write. */
  #form(): Group {
    const target = this.#target
    const room = target.roomBytes()
    const nowMs = this.#clock.now()
    const group: Group = {
      nowMs,
      placed: [],
      waiting: [],
      producers: new Map(),
      sizeBytes: 0,
      nextOffset: target.highWatermark,
    }
    let taken = 0
    for (const pending of this.#queue) {
      const sizeBytes = group.sizeBytes + pending.header.sizeBytes
      if (taken >= groupCountMax || sizeBytes > room || (group.sizeBytes > 0 && sizeBytes > groupBytesMax))
        break
      taken += 1
      this.#judge(pending, group)
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken)
    return group
  }

  #judge(pending: Pending, group: Group): void {
    const { header } = pending
    if (header.producerId >= 0n) {
      const known = group.producers.get(header.producerId) ?? this.#target.producers.get(header.producerId)
      const verdict = judgeSequence(known, header)
      if (verdict.kind === 'duplicate') {
        group.waiting.push({ pending, baseOffset: verdict.baseOffset })
        return
      }
      if (verdict.kind === 'gap') {
        const message = `The batch begins at sequence ${header.baseSequence}; ${verdict.expected} was expected`
        this.#end(pending, this.#refuse({ error: errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, message }))
        return
      }
      if (verdict.kind === 'fenced') {
        const message = `The producer's epoch ${header.producerEpoch} is older than ${verdict.epoch}`
        this.#end(pending, this.#refuse({ error: errorCodes.INVALID_PRODUCER_EPOCH, message }))
        return
      }
      group.producers.set(header.producerId, withBatch(known, header, group.nextOffset, group.nowMs))
    }
    this.#place(pending, group)
  }

  #place(pending: Pending, group: Group): void {
    const { header, bytes, slab } = pending
    const baseOffset = group.nextOffset
    if (this.#target.settings.appendTime) stampBatch(bytes, group.nowMs)
    placeBatch(bytes, baseOffset, this.#target.leaderEpoch)
    const stamped = this.#target.settings.appendTime ? { ...header, maxTimestamp: group.nowMs } : header
    group.placed.push({ bytes, slab, header: stamped, baseOffset })
    group.waiting.push({ pending, baseOffset })
    group.sizeBytes += header.sizeBytes
    group.nextOffset += BigInt(header.lastOffsetDelta) + 1n
  }

  async #write(group: Group): Promise<void> {
    const target = this.#target
    try {
      if (group.placed.length > 0) {
        await target.write(group.placed, group.sizeBytes)
        target.publish(group.placed, group.producers)
      }
    } catch (error) {
      target.failed(error)
      for (const { pending } of group.waiting) this.#end(pending, this.#refuse(storageError))
      return
    }
    const logAppendTimeMs = target.settings.appendTime ? BigInt(group.nowMs) : -1n
    for (const { pending, baseOffset } of group.waiting) {
      this.#end(pending, {
        error: errorCodes.NONE,
        message: null,
        baseOffset,
        logAppendTimeMs,
        logStartOffset: target.logStartOffset,
      })
    }
  }

  #refuseQueue(refusal: Refusal): void {
    const queue = this.#queue
    this.#queue = []
    for (const pending of queue) this.#end(pending, this.#refuse(refusal))
  }

  #end(pending: Pending, outcome: AppendOutcome): void {
    pending.slab?.release()
    pending.resolve(outcome)
  }

  #refuse(refusal: Refusal): AppendOutcome {
    return {
      error: refusal.error,
      message: refusal.message,
      baseOffset: -1n,
      logAppendTimeMs: -1n,
      logStartOffset: this.#target.logStartOffset,
    }
  }
}

/** What producers hear when the disk refused: it may take their batch later. */
export const storageError: Refusal = {
  error: errorCodes.KAFKA_STORAGE_ERROR,
  message: 'The broker could not write to its disk; nothing of this batch was stored',
}
