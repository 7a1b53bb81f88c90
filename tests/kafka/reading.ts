/** Drives a source session as the engine does: starts what is assigned, releases what is revoked, keeps positions. */
import type { SourceEvent, SourceSession } from '../../packages/sluice/src/flow/source.ts'
import { isFault, recoveryOf } from '../../packages/sluice/src/kernel/faults/index.ts'

export interface ReadRecord {
  readonly lane: string
  readonly incarnation: string
  readonly offset: bigint
  readonly value: string | null
}

/** Positions by lane, shared by sessions that take over from each other. */
export type Positions = Map<string, string>

/** Who claimed each lane last: as in the engine, nobody else's work on it counts. */
const owners = new WeakMap<Positions, Map<string, Reading>>()

const signal = new AbortController().signal

export class Reading {
  readonly session: SourceSession
  readonly positions: Positions
  readonly records: ReadRecord[] = []
  readonly events: SourceEvent[] = []
  readonly lanes = new Set<string>()
  readonly faults: string[] = []

  constructor(session: SourceSession, positions: Positions = new Map()) {
    this.session = session
    this.positions = positions
  }

  get #owners(): Map<string, Reading> {
    const known = owners.get(this.positions) ?? new Map<string, Reading>()
    owners.set(this.positions, known)
    return known
  }

  get values(): (string | null)[] {
    return this.records.map((record) => record.value)
  }

  /** One event, taken as the engine would. */
  async step(): Promise<SourceEvent> {
    const event = await this.#next()
    this.events.push(event)
    switch (event.kind) {
      case 'assigned':
        for (const lane of event.lanes) {
          this.lanes.add(lane)
          this.#owners.set(lane, this)
          await this.session.start(lane, this.positions.get(lane) ?? null)
        }
        break
      case 'revoking':
        for (const lane of event.lanes) {
          this.lanes.delete(lane)
          await this.session.stop(lane)
        }
        await this.session.release(event.lanes)
        break
      case 'lost':
        for (const lane of event.lanes) this.lanes.delete(lane)
        break
      case 'moved':
        this.positions.set(event.lane, event.position)
        break
      case 'batch': {
        const { batch } = event
        if (this.#owners.get(batch.origin.lane) !== this) {
          this.session.abandon(batch)
          break
        }
        for (let i = 0; i < batch.count; i++) {
          const value = batch.valueOf(i)?.toString() ?? null
          const { lane, incarnation } = batch.origin
          this.records.push({ lane, incarnation, offset: batch.numberOf(i), value })
        }
        this.positions.set(batch.origin.lane, batch.origin.next)
        await this.session.settle({ batch, outcomes: new Uint8Array(batch.count) })
        break
      }
      case 'idle':
      case 'ended':
    }
    return event
  }

  /** Steps until something holds; fails after a while. */
  async until(holds: () => boolean, withinMs = 60_000): Promise<void> {
    const until = Date.now() + withinMs
    while (!holds()) {
      if (Date.now() > until) {
        throw new Error(
          `It did not come: ${this.records.length} records, lanes ${[...this.lanes].join(' ')}, faults ${this.faults.join('; ')}`,
        )
      }
      await this.step()
    }
  }

  /** Steps until `count` records came. */
  async read(count: number, withinMs?: number): Promise<void> {
    await this.until(() => this.records.length >= count, withinMs)
  }

  /** Steps until nothing came for so many times. */
  async untilIdle(times = 2): Promise<void> {
    for (let idles = 0; idles < times; ) idles = (await this.step()).kind === 'idle' ? idles + 1 : 0
  }

  async #next(): Promise<SourceEvent> {
    for (;;) {
      try {
        return await this.session.next(signal)
      } catch (error) {
        if (!isFault(error) || recoveryOf(error) !== 'retry') throw error
        this.faults.push(error.message)
      }
    }
  }
}
