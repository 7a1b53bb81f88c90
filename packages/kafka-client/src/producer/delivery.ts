/** A ticket that becomes a promise: records handed to a producer together, and what became of each. */
import type { Ticket } from './produce-batch.ts'

export interface DeliveryListener {
  written?(index: number, partition: number, offset: bigint, appendedMs: number): void
  refused(index: number, problem: Error): void
}

export class Delivery implements Ticket {
  readonly #listener: DeliveryListener
  readonly #result = Promise.withResolvers<void>()
  /** One hold is the caller's own, until all records are handed over. */
  #holds = 1
  #failure: Error | null = null

  constructor(listener: DeliveryListener) {
    this.#listener = listener
    // Nobody may be listening any more when it fails.
    this.#result.promise.catch(() => undefined)
  }

  written(index: number, partition: number, offset: bigint, appendedMs: number): void {
    this.#listener.written?.(index, partition, offset, appendedMs)
  }

  refused(index: number, problem: Error): void {
    this.#listener.refused(index, problem)
  }

  failed(problem: Error): void {
    this.#failure ??= problem
  }

  hold(): void {
    this.#holds++
  }

  letGo(): void {
    this.#holds--
    if (this.#holds > 0) return
    if (this.#failure === null) this.#result.resolve()
    else this.#result.reject(this.#failure)
  }

  /** All records are handed over; resolves when each is written or refused. Rejects with the first failure, or the reason of the signal. */
  async done(signal?: AbortSignal): Promise<void> {
    this.letGo()
    if (signal === undefined) return await this.#result.promise
    signal.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([this.#result.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
