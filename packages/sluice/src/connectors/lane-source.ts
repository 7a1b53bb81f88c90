/**
 * A source session made of lane readers that are polled in turn.
 *
 * The reader knows its system (a file, a clock, a machine); this knows the contract of a session: one event at a
 * time, round robin over lanes, nothing of a lane after `stop`, a paused lane holds at most one batch, waiting by
 * the clock that it is given. No background work: whatever is read is read inside `next`, so back-pressure is that
 * nobody calls.
 */

import type { RecordBatch } from '../flow/record-batch.ts'
import type { LaneLag, Settlement, SourceEvent, SourceSession } from '../flow/source.ts'
import type { Clock } from '../kernel/clock.ts'

export type LanePoll =
  | { readonly kind: 'batch'; readonly batch: RecordBatch }
  /** Nothing now; not to be asked again before `forMs`. */
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'ended' }

/** Reads one lane from a position on. */
export interface LaneReader extends AsyncDisposable {
  /** What is there now; does not wait for more. Throws retryable faults and can be called again after them. */
  poll(): Promise<LanePoll>
  /** Records that can be read and were not yet, as well as it can tell. */
  remaining(): Promise<number>
}

export interface LaneSystem {
  lanes(): Promise<readonly string[]>
  open(lane: string, position: string | null): Promise<LaneReader>
}

/** The longest that `next` waits before it says `idle`. */
const idleAfterMs = 1_000

interface Lane {
  readonly name: string
  readonly reader: LaneReader
  paused: boolean
  stopped: boolean
  ended: boolean
  /** Not to be polled before this time. */
  dueMs: number
  held: SourceEvent | null
  polling: Promise<unknown>
  /** Batches handed out and neither settled nor abandoned. */
  readonly open: Set<RecordBatch>
}

export class LaneSource implements SourceSession {
  readonly #system: LaneSystem
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lane>()
  #turn = 0
  #wake = new AbortController()

  constructor(system: LaneSystem, clock: Clock) {
    this.#system = system
    this.#clock = clock
  }

  lanes(): Promise<readonly string[]> {
    return this.#system.lanes()
  }

  async start(name: string, position: string | null): Promise<void> {
    await this.stop(name)
    const reader = await this.#system.open(name, position)
    this.#lanes.set(name, {
      name,
      reader,
      paused: false,
      stopped: false,
      ended: false,
      dueMs: 0,
      held: null,
      polling: Promise.resolve(),
      open: new Set(),
    })
    this.#stir()
  }

  async stop(name: string): Promise<void> {
    const lane = this.#lanes.get(name)
    if (lane === undefined) return
    lane.stopped = true
    this.#lanes.delete(name)
    await lane.polling
    await lane.reader[Symbol.asyncDispose]()
  }

  async next(signal: AbortSignal): Promise<SourceEvent> {
    const untilMs = this.#clock.now() + idleAfterMs
    for (;;) {
      if (signal.aborted) return { kind: 'idle' }
      const event = await this.#round()
      if (event !== null) return event
      const nowMs = this.#clock.now()
      if (nowMs >= untilMs) return { kind: 'idle' }
      const dueMs = Math.min(untilMs, ...this.#ready().map((lane) => lane.dueMs))
      if (dueMs > nowMs) await this.#clock.sleep(dueMs - nowMs, AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  pause(name: string): void {
    const lane = this.#lanes.get(name)
    if (lane !== undefined) lane.paused = true
  }

  resume(name: string): void {
    const lane = this.#lanes.get(name)
    if (lane === undefined) return
    lane.paused = false
    this.#stir()
  }

  async release(): Promise<void> {
    // Lanes of these sources are leased, not given by a group: there is nobody to tell.
  }

  async settle({ batch }: Settlement): Promise<void> {
    this.#lanes.get(batch.origin.lane)?.open.delete(batch)
  }

  abandon(batch: RecordBatch): void {
    this.#lanes.get(batch.origin.lane)?.open.delete(batch)
  }

  async lag(): Promise<readonly LaneLag[]> {
    return Promise.all(
      [...this.#lanes.values()].map(async (lane) => {
        const [oldest] = lane.open
        let records = await lane.reader.remaining()
        for (const batch of lane.open) records += batch.count
        const behindMs = oldest === undefined ? null : Math.max(0, this.#clock.now() - oldest.timeOf(0))
        return { lane: lane.name, records, behindMs: records === 0 ? 0 : behindMs }
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((name) => this.stop(name)))
    this.#stir()
  }

  #ready(): Lane[] {
    return [...this.#lanes.values()].filter((lane) => !lane.paused && !lane.ended)
  }

  /** Asks each lane that is due, once, beginning after the one that was served last. */
  async #round(): Promise<SourceEvent | null> {
    const lanes = this.#ready()
    const first = this.#turn
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(first + i) % lanes.length]
      if (lane === undefined || lane.stopped) continue
      this.#turn = (first + i + 1) % lanes.length
      const event = await this.#ask(lane)
      if (event !== null) return event
    }
    return null
  }

  async #ask(lane: Lane): Promise<SourceEvent | null> {
    const held = lane.held
    lane.held = null
    const event = held ?? (await this.#poll(lane))
    if (event === null || lane.stopped) return null
    if (lane.paused) {
      lane.held = event
      return null
    }
    if (event.kind === 'batch') lane.open.add(event.batch)
    if (event.kind === 'ended') lane.ended = true
    return event
  }

  async #poll(lane: Lane): Promise<SourceEvent | null> {
    if (lane.dueMs > this.#clock.now()) return null
    const polling = lane.reader.poll()
    // `stop` waits for it, and it is our caller who hears of its failure.
    lane.polling = polling.then(
      () => undefined,
      () => undefined,
    )
    const poll = await polling
    if (poll.kind === 'batch') return poll
    if (poll.kind === 'ended') return { kind: 'ended', lane: lane.name }
    lane.dueMs = this.#clock.now() + poll.forMs
    return null
  }

  #stir(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }
}
