/**
 * Cuts the answers of a broker out of a stream of bytes, made for large ones: each is read straight into its own buffer.
 *
 * Only the beginning of an answer passes through a shared buffer, until its size is known.
 */
import { readFrameSize } from 'sluice-kafka-protocol'
import { limits } from '../support/limits.ts'

const sizeBytesOfSize = 4
/** Answers up to this size are taken from the shared buffer by a copy. */
const sharedBytes = 64 * 1024

/** `space` is where the next bytes belong; `filled` tells how many came. */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  readonly #shared = Buffer.allocUnsafeSlow(sharedBytes)
  #sharedBytes = 0
  /** A frame that is larger than what was read of it. */
  #frame: Buffer | null = null
  #frameBytes = 0

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  space(): Buffer {
    return this.#frame === null
      ? this.#shared.subarray(this.#sharedBytes)
      : this.#frame.subarray(this.#frameBytes)
  }

  /** @throws ProtocolError for a size that no answer has */
  filled(bytes: number): void {
    if (this.#frame === null) {
      this.#sharedBytes += bytes
      this.#cut()
      return
    }
    this.#frameBytes += bytes
    if (this.#frameBytes < this.#frame.length) return
    const frame = this.#frame
    this.#frame = null
    this.#onFrame(frame)
  }

  #cut(): void {
    let at = 0
    while (this.#sharedBytes - at >= sizeBytesOfSize) {
      const sizeBytes = readFrameSize(this.#shared, at, limits.answerBytesMax)
      at += sizeBytesOfSize
      const frame = Buffer.allocUnsafeSlow(sizeBytes)
      const have = Math.min(sizeBytes, this.#sharedBytes - at)
      this.#shared.copy(frame, 0, at, at + have)
      at += have
      if (have < sizeBytes) {
        this.#frame = frame
        this.#frameBytes = have
      } else this.#onFrame(frame)
    }
    this.#shared.copyWithin(0, at, this.#sharedBytes)
    this.#sharedBytes -= at
  }
}
