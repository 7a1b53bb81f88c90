/** Holds a fair share of a source's lanes by leases, renews them beside the work, and follows lanes that come and go. */
import type { SourceSession } from '../flow/source.ts'
import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { LaneSet } from './lane-set.ts'

/** Leases as the store keeps them. */
export interface LeasePort {
  hold(
    pipeline: string,
    lanes: readonly string[],
    owner: string,
    most: number,
    forMs: number,
  ): Promise<readonly string[]>
  release(pipeline: string, lanes: readonly string[], owner: string): Promise<void>
}

export interface LeaseContext {
  readonly owner: string
  readonly leases: LeasePort
  readonly peers: () => number
  readonly clock: Clock
  readonly logger: Logger
}

export const leaseForMs = 10_000
const renewEveryMs = 2_500

export class LeaseKeeper {
  readonly #pipeline: string
  readonly #context: LeaseContext
  readonly #source: SourceSession
  readonly #lanes: LaneSet
  readonly #stopped = new AbortController()

  constructor(pipeline: string, context: LeaseContext, source: SourceSession, lanes: LaneSet) {
    this.#pipeline = pipeline
    this.#context = context
    this.#source = source
    this.#lanes = lanes
  }

  /** Takes, renews and lets go of leases once. */
  async turn(): Promise<void> {
    const { owner, leases, peers } = this.#context
    const all = await this.#source.lanes()
    const share = Math.ceil(all.length / Math.max(1, peers()))
    const ours = this.#lanes.runs.map((run) => run.lane)
    // Lanes that we work come first, so that a smaller share lets go of the last ones, not of any.
    const wanted = [
      ...ours.filter((lane) => all.includes(lane)),
      ...all.filter((lane) => !ours.includes(lane)),
    ]
    const held = all.length === 0 ? [] : await leases.hold(this.#pipeline, wanted, owner, share, leaseForMs)
    const gone = ours.filter((lane) => !held.includes(lane))
    if (gone.length > 0) {
      await this.#lanes.finish(gone, AbortSignal.timeout(leaseForMs / 2))
      await leases.release(this.#pipeline, gone, owner)
    }
    const fresh = held.filter((lane) => !this.#lanes.has(lane))
    await this.#lanes.start(fresh, null)
  }

  /** Turns until stopped; a failed turn is tried again, and the fence covers what was lost meanwhile. */
  async keep(signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, this.#stopped.signal])
    while (!over.aborted) {
      await this.#context.clock.sleep(renewEveryMs, over)
      if (over.aborted) break
      try {
        await this.turn()
      } catch (error) {
        this.#context.logger.debug('leases could not be renewed', { problem: messageOf(error) })
      }
    }
  }

  /** Ends the keeping; leases of lanes that were drained are given back. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    const lanes = this.#lanes.runs.map((run) => run.lane)
    await this.#lanes.finish(lanes, AbortSignal.timeout(leaseForMs / 2))
    await this.#context.leases
      .release(this.#pipeline, lanes, this.#context.owner)
      .catch((error: unknown) =>
        this.#context.logger.debug('leases were not given back', { problem: messageOf(error) }),
      )
  }
}
