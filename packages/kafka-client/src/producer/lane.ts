/**
 * What goes to one partition, in order: batches that are filled, wait, are under way, or go again. Decides only.
 *
 * - Batches leave in the order in which they were filled. Several may be under way at once, each with the sequence number
 *   that follows the one before, so that the broker takes them in order or not at all.
 * - Once one comes back, the others are awaited and all go again one at a time, in order.
 * - Until the first batch under an identity is written, it is alone under way: a broker that knows nothing of a producer
 *   takes any sequence number, and would take the second batch without the first.
 * - Where a sequence number is lost (its batch was refused, or nobody knows whether it was written), the partition goes on
 *   under the next epoch of the same producer id, and its numbers begin anew (KIP-360). Epochs count per partition, so that
 *   the others are not disturbed, and the broker fences whatever of the old epoch is still on its way.
 */
import { type ProduceBatch, type ProducerId, sequenceAfter } from './produce-batch.ts'

/** A producer id has no epoch beyond; the last one is left to the broker. */
const epochMax = 0x7ffe

export class Lane {
  readonly topic: string
  readonly partition: number
  /** The batch that takes records. */
  open: ProduceBatch | null = null
  /** Filled, in order; those that go again are before all others. */
  readonly queue: ProduceBatch[] = []
  /** Sent and not answered, in order. */
  readonly underWay: ProduceBatch[] = []
  notBeforeMs = 0
  #filled = 0
  /** Who the producer was when this partition began under it. */
  #session: ProducerId | null = null
  /** The same, with this partition's own epoch. */
  #producer: ProducerId | null = null
  #nextSequence = 0
  #isProven = false
  #isSequenceLost = false

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get name(): string {
    return `${this.topic}/${this.partition}`
  }

  get isIdle(): boolean {
    return this.open === null && this.queue.length === 0 && this.underWay.length === 0
  }

  /** No further epoch is left to it: it needs another producer id. */
  get isExhausted(): boolean {
    return (this.#producer?.epoch ?? 0) >= epochMax
  }

  /** The open batch takes no more records. */
  closeOpen(): void {
    if (this.open === null || this.open.count === 0) return
    this.open.order = this.#filled++
    this.queue.push(this.open)
    this.open = null
  }

  /**
   * Whether the first of the queue may be sent now.
   * @param session who produces; null without idempotence
   * @param underWayMax batches of a partition that may be under way at once
   */
  maySend(session: ProducerId | null, underWayMax: number): boolean {
    const [batch] = this.queue
    if (batch === undefined) return false
    const [oldest] = this.underWay
    if (oldest === undefined) return true
    return (
      this.underWay.length < underWayMax &&
      this.#isProven &&
      !this.#isSequenceLost &&
      session === this.#session &&
      batch.attempts === 0 &&
      oldest.attempts === 1
    )
  }

  /** Takes the first of the queue to be sent, with its producer and sequence. */
  send(session: ProducerId | null): ProduceBatch | undefined {
    if (this.underWay.length === 0) this.#begin(session)
    const batch = this.queue.shift()
    if (batch === undefined) return undefined
    batch.attempts++
    if (batch.sequence === null) {
      batch.producer = this.#producer
      batch.sequence = this.#nextSequence
      this.#nextSequence = sequenceAfter(this.#nextSequence, batch.count)
    }
    this.underWay.push(batch)
    return batch
  }

  /** It is written. */
  written(batch: ProduceBatch): void {
    this.#arrived(batch)
    this.#isProven = true
    this.notBeforeMs = 0
  }

  /** It goes again, before all that was filled after it. */
  again(batch: ProduceBatch): void {
    this.#arrived(batch)
    const place = this.queue.findIndex(({ order }) => order > batch.order)
    this.queue.splice(place < 0 ? this.queue.length : place, 0, batch)
  }

  /** Parts of it go in its place. */
  replaced(batch: ProduceBatch, parts: readonly ProduceBatch[]): void {
    this.#arrived(batch)
    for (const part of parts) this.again(part)
  }

  /** It is over with it, and its sequence number will never be used. */
  dropped(batch: ProduceBatch): void {
    this.#arrived(batch)
    const place = this.queue.indexOf(batch)
    if (place >= 0) this.queue.splice(place, 1)
    if (batch.sequence !== null) this.#isSequenceLost = true
  }

  /** The broker's end of the sequence is not ours: what goes again begins a new one. */
  sequenceLost(): void {
    this.#isSequenceLost = true
  }

  /** Whether all that was filled before it is settled. */
  isOldest(batch: ProduceBatch): boolean {
    const isOlder = ({ order }: ProduceBatch): boolean => order < batch.order
    return !this.underWay.some(isOlder) && !this.queue.some(isOlder)
  }

  #arrived(batch: ProduceBatch): void {
    const place = this.underWay.indexOf(batch)
    if (place >= 0) this.underWay.splice(place, 1)
  }

  #begin(session: ProducerId | null): void {
    if (session === this.#session && !this.#isSequenceLost) return
    if (session !== this.#session) this.#producer = session
    else if (this.#producer !== null) {
      this.#producer = { id: this.#producer.id, epoch: Math.min(this.#producer.epoch + 1, epochMax) }
    }
    this.#session = session
    this.#nextSequence = 0
    this.#isProven = false
    this.#isSequenceLost = false
    for (const batch of this.queue) batch.forgetSequence()
  }
}
