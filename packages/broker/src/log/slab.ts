/**
 * Slabs: large pieces of memory that sockets are read into and that batches are checked, written, cached and sent
 * from, without being copied. A slab goes back to its pool when nobody refers to it any more.
 *
 * - `retain` and `release` are counted; one release too many is a bug and throws.
 * - The pool keeps a bounded number of free slabs and says when more are out than it likes (`overLimit`), so that
 *   caches let go first. It never refuses: who reads from sockets stops reading instead.
 */

/** One piece of memory with a count of those who use it. */
export class Slab {
  readonly bytes: Buffer
  readonly #home: SlabPool | null
  #users = 1

  constructor(bytes: Buffer, home: SlabPool | null) {
    this.bytes = bytes
    this.#home = home
  }

  get users(): number {
    return this.#users
  }

  retain(): void {
    if (this.#users === 0) throw new Error('a slab was retained after its last release')
    this.#users += 1
  }

  release(): void {
    if (this.#users === 0) throw new Error('a slab was released more often than it was retained')
    this.#users -= 1
    if (this.#users === 0) this.#home?.takeBack(this)
  }
}

export interface SlabPoolOptions {
  /** Size of the large slabs that are kept and reused. */
  readonly slabBytes: number
  /** Most free slabs kept for reuse. */
  readonly freeMax: number
  /** Bytes out in slabs from which on caches should let go. */
  readonly outBytesMax: number
}

/** Hands out slabs and takes them back. */
export class SlabPool {
  readonly slabBytes: number
  readonly outBytesMax: number
  readonly #freeMax: number
  readonly #free: Buffer[] = []
  #outBytes = 0

  constructor(options: SlabPoolOptions) {
    this.slabBytes = options.slabBytes
    this.outBytesMax = options.outBytesMax
    this.#freeMax = options.freeMax
  }

  /** Bytes in slabs that somebody holds. */
  get outBytes(): number {
    return this.#outBytes
  }

  get overLimit(): boolean {
    return this.#outBytes > this.outBytesMax
  }

  /** A slab of at least `sizeBytes`, held by the caller. Only slabs of the pool's own size are reused. */
  take(sizeBytes: number): Slab {
    if (sizeBytes > this.slabBytes || sizeBytes <= this.slabBytes / 8) {
      this.#outBytes += sizeBytes
      return new Slab(Buffer.allocUnsafeSlow(sizeBytes), this)
    }
    const bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes)
    this.#outBytes += bytes.length
    return new Slab(bytes, this)
  }

  /** Only slabs call this, at their last release. */
  takeBack(slab: Slab): void {
    this.#outBytes -= slab.bytes.length
    if (slab.bytes.length === this.slabBytes && this.#free.length < this.#freeMax) this.#free.push(slab.bytes)
  }
}

/** A piece of a slab; `slab` is retained for whoever got it. */
export interface Piece {
  readonly bytes: Buffer
  readonly slab: Slab
}

/** Cuts pieces from slabs one after the other, so that small reads share one. */
export class SlabCutter {
  readonly #pool: SlabPool
  #current: Slab | null = null
  #used = 0

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** A piece of exactly `sizeBytes`; its content is whatever was there before. */
  cut(sizeBytes: number): Piece {
    if (sizeBytes > this.#pool.slabBytes / 2) {
      const whole = this.#pool.take(sizeBytes)
      return { bytes: whole.bytes.subarray(0, sizeBytes), slab: whole }
    }
    let slab = this.#current
    if (slab === null || slab.bytes.length - this.#used < sizeBytes) {
      slab?.release()
      slab = this.#pool.take(this.#pool.slabBytes)
      this.#current = slab
      this.#used = 0
    }
    const from = this.#used
    this.#used += sizeBytes
    slab.retain()
    return { bytes: slab.bytes.subarray(from, from + sizeBytes), slab }
  }

  /** Lets go of the slab that is being cut. */
  close(): void {
    this.#current?.release()
    this.#current = null
  }
}
