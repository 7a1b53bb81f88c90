/**
 * Limits of the server as data, and the count of bytes that are being worked on in the whole broker.
 */

export interface ServerLimits {
  readonly connectionsMax: number
  /** Largest request. */
  readonly frameBytesMax: number
  /** Bytes of requests being worked on, of the whole broker; beyond, nothing more is read. */
  readonly inFlightBytesMax: number
  /** The same for one connection. */
  readonly connectionInFlightBytesMax: number
  /** Requests of one connection that are worked on at once. */
  readonly connectionRequestsMax: number
  /** Bytes of responses that a connection has not taken yet; beyond, its requests wait. */
  readonly unsentBytesMax: number
  /** A connection that was silent for so long is closed. */
  readonly idleMsMax: number
}

const mebibyte = 1024 * 1024

export const serverLimits: ServerLimits = {
  connectionsMax: 1000,
  frameBytesMax: 100 * mebibyte,
  inFlightBytesMax: 64 * mebibyte,
  connectionInFlightBytesMax: 32 * mebibyte,
  connectionRequestsMax: 256,
  unsentBytesMax: 16 * mebibyte,
  idleMsMax: 10 * 60 * 1000,
}

/** Counts bytes in flight, and wakes who waits for fewer. */
export class Traffic {
  readonly #bytesMax: number
  readonly #waiting = new Set<() => void>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get inFlightBytes(): number {
    return this.#bytes
  }

  /** One request always fits, however large. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  add(sizeBytes: number): void {
    this.#bytes += sizeBytes
  }

  remove(sizeBytes: number): void {
    this.#bytes -= sizeBytes
    if (this.#waiting.size === 0 || this.isFull) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /** Calls `wake` once, when there is room. */
  wait(wake: () => void): void {
    this.#waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}
