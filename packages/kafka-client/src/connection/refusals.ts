/**
 * When a broker that could not be reached is tried again: after a pause that grows, once for all who want it.
 *
 * A broker that answers is connected to as often as anybody likes. One that failed is tried by one at a time; all who
 * came meanwhile share what becomes of that.
 */
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'

interface Refusal {
  failures: number
  notBeforeMs: number
  /** The attempt under way; it never rejects, and gives what it failed with. */
  attempt: Promise<{ readonly problem: unknown } | null> | null
}

const backoff = { firstMs: 50, mostMs: 1_000 }

export class Refusals {
  readonly #clock: Clock
  readonly #random: Random
  /** Brokers that failed last, by address. */
  readonly #refusals = new Map<string, Refusal>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** How long nobody tries this address; 0: it may be tried. */
  pauseMs(address: string): number {
    return Math.max(0, (this.#refusals.get(address)?.notBeforeMs ?? 0) - this.#clock.now())
  }

  /** Opens something at an address, not before its pause is over. @throws what `open` throws, KafkaError CLOSED */
  async open<Opened>(address: string, open: () => Promise<Opened>, signal: AbortSignal): Promise<Opened> {
    const refusal = this.#refusals.get(address)
    if (refusal === undefined) return await this.#tryIt(address, open)
    await this.#clock.sleep(this.pauseMs(address), signal)
    if (signal.aborted) throw new KafkaError('CLOSED', 'the client', 'it was used after its end')
    if (refusal.attempt !== null) {
      const failed = await refusal.attempt
      if (failed !== null) throw failed.problem
      return await open()
    }
    const opening = this.#tryIt(address, open)
    refusal.attempt = opening.then(
      () => null,
      (problem: unknown) => ({ problem }),
    )
    try {
      return await opening
    } finally {
      refusal.attempt = null
    }
  }

  async #tryIt<Opened>(address: string, open: () => Promise<Opened>): Promise<Opened> {
    const startedMs = this.#clock.now()
    try {
      const opened = await open()
      this.#refusals.delete(address)
      return opened
    } catch (error) {
      const refusal = this.#refusals.get(address) ?? { failures: 0, notBeforeMs: 0, attempt: null }
      this.#refusals.set(address, refusal)
      // Of several that were under way at once, one counts.
      if (startedMs >= refusal.notBeforeMs) {
        refusal.failures++
        refusal.notBeforeMs = this.#clock.now() + backoffMs(backoff, refusal.failures, this.#random)
      }
      throw error
    }
  }
}
