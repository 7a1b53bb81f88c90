/** The lanes that one run of a pipeline works now: claims them, hands batches on, lets them go. */
import type { CommitStore } from '../flow/commit.ts'
import { addLedger, emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { SourceSession } from '../flow/source.ts'
import { messageOf, recoveryOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import type { Logger } from '../kernel/logger.ts'
import type { DeliveryParts } from './delivery.ts'
import { LaneRun } from './lane-run.ts'

export interface LaneSetOptions {
  readonly pipeline: string
  readonly owner: string
  readonly source: SourceSession
  readonly parts: DeliveryParts
  readonly store: CommitStore
  readonly logger: Logger
}

export class LaneSet {
  readonly #options: LaneSetOptions
  readonly #lanes = new Map<string, LaneRun>()
  readonly #generations = new Map<string, number | null>()
  readonly #lost = new Set<string>()
  #ended: LedgerCounts = emptyLedger
  #roomWaiters: (() => void)[] = []

  constructor(options: LaneSetOptions) {
    this.#options = options
  }

  get runs(): readonly LaneRun[] {
    return [...this.#lanes.values()]
  }

  has(lane: string): boolean {
    return this.#lanes.has(lane)
  }

  /** Everything committed by this run, over lanes that came and went. */
  get committed(): LedgerCounts {
    return this.runs.reduce((sum, lane) => addLedger(sum, lane.committed), this.#ended)
  }

  /** Claims lanes and starts reading them where their last commit left off. */
  async start(lanes: readonly string[], generation: number | null): Promise<void> {
    await Promise.all(lanes.map((lane) => this.#startOne(lane, generation)))
  }

  async #startOne(lane: string, generation: number | null): Promise<void> {
    const { pipeline, owner, source, parts, store, logger } = this.#options
    await this.#drop(lane)
    this.#generations.set(lane, generation)
    try {
      const claim = await store.claim({ pipeline, lane }, owner, generation)
      const run = new LaneRun({
        claim,
        source,
        parts,
        logger,
        onFenced: (fenced) => this.#lost.add(fenced),
        onRoom: () => this.#wakeRoomWaiters(),
      })
      this.#lanes.set(lane, run)
      await source.start(lane, claim.position)
    } catch (error) {
      if (recoveryOf(error) !== 'fenced') throw error
      logger.info('a lane belongs to a newer generation', { lane, problem: messageOf(error) })
    }
  }

  add(batch: RecordBatch): void {
    const run = this.#lanes.get(batch.origin.lane)
    if (run === undefined) this.#options.source.abandon(batch)
    else run.add(batch)
  }

  /** The source chose where reading of a lane begins. */
  move(lane: string, position: string): void {
    this.#lanes.get(lane)?.move(position)
  }

  /**
   * Notices claims that were lost while nothing was committed: a quiet lane whose position somebody moved would
   * otherwise learn of it only with its next record.
   */
  async noticeLost(): Promise<void> {
    if (this.#lanes.size === 0) return
    const epochs = await this.#options.store.epochs(this.#options.pipeline)
    for (const run of this.#lanes.values()) {
      if ((epochs.get(run.lane) ?? 0) > run.epoch) this.#lost.add(run.lane)
    }
    if (this.#lost.size > 0) this.#wakeRoomWaiters()
  }

  /** Lanes whose claim was lost are claimed anew: somebody moved their position, or a commit's outcome was unknown. */
  async restartLost(): Promise<void> {
    for (const lane of this.#lost) {
      this.#lost.delete(lane)
      const generation = this.#generations.get(lane)
      await this.#options.source.stop(lane)
      await this.#drop(lane)
      if (generation !== undefined) await this.#startOne(lane, generation)
    }
  }

  /** Ends and commits the work of these lanes, then forgets them. What does not end by `signal` is dropped. */
  async finish(lanes: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      lanes.map(async (lane) => {
        const run = this.#lanes.get(lane)
        if (run === undefined) return
        await this.#options.source.stop(lane)
        const givenUp = new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        await Promise.race([run.finish(), givenUp])
        await this.#drop(lane)
      }),
    )
    for (const lane of lanes) this.#generations.delete(lane)
  }

  /** Drops what is in flight of these lanes at once. */
  async lose(lanes: readonly string[]): Promise<void> {
    for (const lane of lanes) {
      this.#generations.delete(lane)
      this.#lost.delete(lane)
      await this.#drop(lane)
    }
  }

  async #drop(lane: string): Promise<void> {
    const run = this.#lanes.get(lane)
    if (run === undefined) return
    this.#lanes.delete(lane)
    await run.drop()
    this.#ended = addLedger(this.#ended, run.committed)
  }

  /** Whether what is in flight is within its bounds. */
  get hasRoom(): boolean {
    let records = 0
    let bytes = 0
    for (const run of this.#lanes.values()) {
      records += run.inFlight
      bytes += run.inFlightBytes
    }
    return records < limits.inFlightRecordsMax && bytes < limits.inFlightBytesMax
  }

  /** Resolves when there may be room, or a claim was lost, or the signal aborts. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    if (this.hasRoom || this.#lost.size > 0 || signal.aborted) return
    const woken = Promise.withResolvers<void>()
    const wake = (): void => woken.resolve()
    this.#roomWaiters.push(wake)
    signal.addEventListener('abort', wake)
    await woken.promise
    // The signal lives as long as the pipeline: what waits often must leave nothing on it.
    signal.removeEventListener('abort', wake)
  }

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }
}
