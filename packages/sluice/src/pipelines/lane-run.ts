/**
 * Works one lane: its batches in order, one commit open at a time, the next batch prepared by the source meanwhile.
 *
 * A lane ends when its work is drained (`finish`), when it is dropped (`drop`), or when its claim is lost.
 */
import type { LaneClaim } from '../flow/commit.ts'
import { addLedger, emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { SourceSession } from '../flow/source.ts'
import { messageOf, recoveryOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { type DeliveryParts, deliver, deliverMove } from './delivery.ts'

/** So many batches wait in a lane at the most; then its source pauses, and fetches grow instead. */
const waitingMax = 2

export interface LaneRunOptions {
  readonly claim: LaneClaim
  readonly source: SourceSession
  readonly parts: DeliveryParts
  readonly logger: Logger
  /** Called once when the claim is lost. */
  readonly onFenced: (lane: string) => void
  readonly onRoom: () => void
}

export class LaneRun {
  readonly lane: string
  readonly #options: LaneRunOptions
  readonly #waiting: (RecordBatch | { readonly position: string })[] = []
  readonly #dropped = new AbortController()
  /** With the moment at which each was read, by the stopwatch. */
  readonly #alive = new Map<RecordBatch, number>()
  #claim: LaneClaim
  #committed: LedgerCounts = emptyLedger
  #read = 0
  #given = 0
  #working: Promise<void> | null = null
  #paused = false
  #finishing = false

  constructor(options: LaneRunOptions) {
    this.#options = options
    this.#claim = options.claim
    this.lane = options.claim.lane
  }

  /** Of the claim under which this run commits. */
  get epoch(): number {
    return this.#claim.epoch
  }

  /** Committed by this run. */
  get committed(): LedgerCounts {
    return this.#committed
  }

  /** Records read and not yet committed, as they were counted when they were read. */
  get uncommitted(): number {
    return this.#read - this.#given
  }

  /** The same, counted over the batches alive. */
  get inFlight(): number {
    let records = 0
    for (const batch of this.#alive.keys()) records += batch.count
    return records
  }

  get inFlightBytes(): number {
    let bytes = 0
    for (const batch of this.#alive.keys()) bytes += batch.sizeBytes
    return bytes
  }

  add(batch: RecordBatch): void {
    if (this.#dropped.signal.aborted) {
      this.#options.source.abandon(batch)
      return
    }
    this.#read += batch.count
    this.#alive.set(batch, this.#options.parts.observation.stopwatch())
    this.#waiting.push(batch)
    if (!this.#paused && this.#waiting.length >= waitingMax) {
      this.#paused = true
      this.#options.source.pause(this.lane)
    }
    this.#working ??= this.#work()
  }

  /** The source chose to read on from here: committed in order, with no records. */
  move(position: string): void {
    if (this.#dropped.signal.aborted) return
    this.#waiting.push({ position })
    this.#working ??= this.#work()
  }

  /** Resolves when everything that was added is committed, dropped or given up. */
  async finish(): Promise<void> {
    this.#finishing = true
    await this.#working
  }

  /** Gives up what is in flight: nothing more of it is committed once this resolves. */
  async drop(): Promise<void> {
    this.#dropped.abort(new Error('the lane was dropped'))
    await this.#working
    this.#abandonAll()
  }

  async #work(): Promise<void> {
    const { signal } = this.#dropped
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        if (this.#paused && !this.#finishing) {
          this.#paused = false
          this.#options.source.resume(this.lane)
        }
        if ('position' in next)
          this.#claim = await deliverMove(this.#options.parts, this.#claim, next.position, signal)
        else await this.#deliver(next, signal)
      }
    } catch (error) {
      this.#abandonAll()
      if (!signal.aborted) {
        this.#dropped.abort(error)
        if (recoveryOf(error) !== 'fenced') {
          this.#options.logger.error('a lane ended unexpectedly', {
            lane: this.lane,
            problem: messageOf(error),
          })
        }
        this.#options.onFenced(this.lane)
      }
    } finally {
      this.#working = null
      this.#options.onRoom()
    }
  }

  async #deliver(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    const { parts, source } = this.#options
    const delivered = await deliver(parts, this.#claim, batch, signal)
    this.#claim = delivered.claim
    this.#committed = addLedger(this.#committed, delivered.counts)
    this.#given += batch.count
    const readAtMs = this.#alive.get(batch)
    if (readAtMs !== undefined)
      parts.observation.delivered(batch.count, parts.observation.stopwatch() - readAtMs)
    this.#alive.delete(batch)
    this.#options.onRoom()
    try {
      await source.settle({ batch, outcomes: delivered.outcomes })
    } catch (error) {
      // The records are committed: a source that could not be told will offer them again, under the same ids.
      this.#options.logger.warn('the source could not be told of a commit', {
        lane: this.lane,
        problem: messageOf(error),
      })
    }
  }

  #abandonAll(): void {
    for (const batch of this.#alive.keys()) {
      this.#given += batch.count
      this.#options.source.abandon(batch)
    }
    this.#alive.clear()
    this.#waiting.length = 0
  }
}
