/**
 * Finds frames in the slabs a connection is read into. A frame lies whole in one slab; one that would straddle the end
 * is moved to a fresh slab, once.
 *
 * - Slabs begin small and grow when reads fill them, so that idle connections cost little.
 * - A frame's declared size is not believed before bytes arrive: larger slabs are taken step by step.
 */
import type { Slab, SlabPool } from '../log/slab.ts'

const firstSlabBytes = 32 * 1024
const growth = 8
/** With less room than this a read is not worth its system call. */
const readBytesMin = 8 * 1024
const sizeFieldBytes = 4
/** After so many reads in a row that hardly filled a slab, a small one will do. */
const smallReadsMax = 32

/** A frame without its size field. It lives as long as its slab is retained. */
export interface Frame {
  readonly slab: Slab
  readonly start: number
  readonly end: number
}

/** A frame whose declared size is not allowed. */
export class FrameSizeError extends Error {
  constructor(sizeBytes: number, sizeBytesMax: number) {
    super(`a frame of ${sizeBytes} bytes was announced; 0 to ${sizeBytesMax} are allowed`)
    this.name = 'FrameSizeError'
  }
}

export class FrameReader {
  readonly #pool: SlabPool
  readonly #frameBytesMax: number
  #slab: Slab
  /** Where the first byte that belongs to no frame yet lies. */
  #start = 0
  #end = 0
  #wantedBytes = firstSlabBytes
  #offeredBytes = 0
  #smallReads = 0

  constructor(pool: SlabPool, frameBytesMax: number) {
    this.#pool = pool
    this.#frameBytesMax = frameBytesMax
    this.#slab = pool.take(firstSlabBytes)
  }

  /** The memory that the next bytes are read into. */
  nextBuffer(): Buffer {
    const buffer = this.#slab.bytes.subarray(this.#end)
    this.#offeredBytes = buffer.length
    return buffer
  }

  /** Takes note of bytes that were read into the last buffer. */
  received(sizeBytes: number): void {
    if (sizeBytes === this.#offeredBytes) {
      this.#wantedBytes = Math.min(this.#wantedBytes * growth, this.#pool.slabBytes)
    }
    this.#smallReads = sizeBytes < readBytesMin ? this.#smallReads + 1 : 0
    if (this.#smallReads > smallReadsMax) this.#wantedBytes = firstSlabBytes
    this.#end += sizeBytes
  }

  /** Bytes that are here but belong to no whole frame yet. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }

  /** The next whole frame, or null. The slab is not retained for the caller. Throws FrameSizeError. */
  next(): Frame | null {
    const held = this.#end - this.#start
    if (held < sizeFieldBytes) return null
    const sizeBytes = this.#slab.bytes.readInt32BE(this.#start)
    if (sizeBytes < 0 || sizeBytes > this.#frameBytesMax)
      throw new FrameSizeError(sizeBytes, this.#frameBytesMax)
    if (held < sizeFieldBytes + sizeBytes) return null
    const start = this.#start + sizeFieldBytes
    this.#start = start + sizeBytes
    return { slab: this.#slab, start, end: this.#start }
  }

  /**
   * Makes room behind what was read. Only for use between `received` and the next `nextBuffer`: memory that was offered
   * must stay where it is until something was read into it.
   */
  makeRoom(): void {
    const held = this.#end - this.#start
    if (held === 0 && this.#slab.users === 1 && this.#isOfWantedSize()) {
      this.#start = 0
      this.#end = 0
      return
    }
    const capacity = this.#slab.bytes.length
    const frameBytes = held >= sizeFieldBytes ? sizeFieldBytes + this.#slab.bytes.readInt32BE(this.#start) : 0
    const isIdle = held === 0 && !this.#isOfWantedSize()
    const doesFit = this.#start + frameBytes <= capacity
    const isRoomy = capacity - this.#end >= (frameBytes > 0 ? 1 : Math.min(readBytesMin, capacity / 4))
    if (doesFit && isRoomy && !isIdle) return
    this.#moveTo(this.#sizeFor(held, frameBytes))
  }

  #isOfWantedSize(): boolean {
    const sizeBytes = this.#slab.bytes.length
    return (
      sizeBytes >= this.#wantedBytes && (sizeBytes === firstSlabBytes || this.#smallReads <= smallReadsMax)
    )
  }

  #sizeFor(held: number, frameBytes: number): number {
    const wanted = this.#pool.overLimit ? firstSlabBytes : this.#wantedBytes
    const standard = Math.max(wanted, readBytesMin + held)
    if (frameBytes <= standard) return standard
    // Up to a slab at once; beyond, only twice what has really arrived.
    return Math.min(frameBytes, Math.max(this.#pool.slabBytes, 2 * held))
  }

  #moveTo(sizeBytes: number): void {
    const fresh = this.#pool.take(sizeBytes)
    this.#slab.bytes.copy(fresh.bytes, 0, this.#start, this.#end)
    this.#slab.release()
    this.#slab = fresh
    this.#end -= this.#start
    this.#start = 0
  }

  /** Lets go of the slab. */
  close(): void {
    this.#slab.release()
  }
}
