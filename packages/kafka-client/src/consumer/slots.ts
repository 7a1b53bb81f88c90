/** The connections by which brokers are fetched from: a few for each, so that one that waits for quiet partitions delays nobody. */
import { FetchSession } from './fetch-session.ts'

/** One request at a time to one broker, on a connection of its own. */
export interface Slot {
  readonly number: number
  readonly session: FetchSession
  isBusy: boolean
  /** Nothing new was known of what it asks for. */
  mayWait: boolean
}

/** Requests in flight per broker, each on a connection of its own. */
const slotsPerBroker = 3

export class Slots {
  readonly #slots = new Map<number, Slot[]>()

  /** One that has no request under way; undefined where there is none. */
  freeOf(node: number): Slot | undefined {
    const slots = this.#slots.get(node) ?? []
    this.#slots.set(node, slots)
    const free = slots.find(({ isBusy }) => !isBusy)
    if (free !== undefined || slots.length >= slotsPerBroker) return free
    const slot = { number: slots.length, session: new FetchSession(), isBusy: false, mayWait: false }
    slots.push(slot)
    return slot
  }

  /** Whether the broker has a request that it may keep for long. */
  isWaiting(node: number): boolean {
    return this.#slots.get(node)?.some(({ isBusy, mayWait }) => isBusy && mayWait) ?? false
  }
}
