/**
 * Where records without a key go: one partition at a time, until it got a batch full of bytes (KIP-794).
 *
 * Every partition gets the same bytes in the long run, and batches are full. The next one is chosen by chance among those
 * that have a leader, so that many producers do not go round in step.
 */
import type { PartitionMetadata } from '../cluster/cluster.ts'
import type { Random } from '../support/random.ts'

export class StickyPartition {
  readonly #batchBytes: number
  readonly #random: Random
  #current = -1
  #bytes = 0

  constructor(batchBytes: number, random: Random) {
    this.#batchBytes = batchBytes
    this.#random = random
  }

  /** The partition of now. @param partitions of the topic, by number; at least one */
  current(partitions: readonly PartitionMetadata[]): number {
    if (this.#current < 0 || this.#current >= partitions.length) this.#choose(partitions)
    return this.#current
  }

  /**
   * Whether the next record belongs to another partition.
   * @param isBatchFull the open batch takes no more: the best moment
   */
  isDue(isBatchFull: boolean): boolean {
    // Bytes that went in many small batches count as well, but a batch is not broken off for them.
    return this.#bytes >= this.#batchBytes * (isBatchFull ? 0.5 : 2)
  }

  /** Leaves the partition of now, for another where there is one. */
  leave(partitions: readonly PartitionMetadata[]): number {
    this.#choose(partitions)
    return this.#current
  }

  took(bytes: number): void {
    this.#bytes += bytes
  }

  #choose(partitions: readonly PartitionMetadata[]): void {
    this.#bytes = 0
    const led = partitions.filter(({ leader }) => leader >= 0)
    const among = led.length > 0 ? led : partitions
    const place = Math.floor(this.#random() * among.length)
    const chosen = among[place]?.partition ?? 0
    // Not the same again: its last batch is still on the way.
    this.#current =
      chosen === this.#current && among.length > 1
        ? (among[(place + 1) % among.length]?.partition ?? 0)
        : chosen
  }
}
