/**
 * The tail of each log in memory: the very bytes that were written, still in the slabs they were read into, so that
 * consumers that keep up are served without touching the disk.
 *
 * Bounded three ways: per partition, for the whole broker, and by the memory that slabs take altogether (one small
 * batch holds its whole slab). Over a bound the oldest entries leave first, whoever owns them.
 */
import type { Slab, SlabPool } from './slab.ts'

interface Entry {
  readonly baseOffset: bigint
  readonly endOffset: bigint
  readonly bytes: Buffer
  readonly slab: Slab | null
}

/** Chunks found in a cache. Each slab in `slabs` has been retained for the caller. */
export interface CachedRead {
  readonly chunks: readonly Buffer[]
  readonly slabs: readonly Slab[]
  readonly sizeBytes: number
}

/** A queue that forgets its front without moving what is left at every step. */
class Queue<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  at(index: number): Item | undefined {
    return this.#items[this.#head + index]
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head > 256 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Keeps only what `isKept` says. */
  filter(isKept: (item: Item) => boolean): void {
    this.#items = this.#items.filter((item) => item !== undefined && isKept(item))
    this.#head = 0
  }
}

/** The tail of one partition. */
export class TailCache {
  readonly #room: TailCacheRoom
  readonly #entries = new Queue<Entry>()
  #sizeBytes = 0
  #dropped = 0

  constructor(room: TailCacheRoom) {
    this.#room = room
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Number of the oldest entry that is still here, counted over the life of the cache. */
  get oldest(): number {
    return this.#dropped
  }

  /** Keeps a batch that was written. Batches come in order, without holes. */
  add(baseOffset: bigint, endOffset: bigint, bytes: Buffer, slab: Slab | null): void {
    slab?.retain()
    this.#entries.push({ baseOffset, endOffset, bytes, slab })
    this.#sizeBytes += bytes.length
    this.#room.added(this, this.#dropped + this.#entries.length - 1, bytes.length)
    while (this.#sizeBytes > this.#room.partitionBytesMax) this.dropOldest()
  }

  dropOldest(): void {
    const entry = this.#entries.shift()
    if (entry === undefined) return
    this.#dropped += 1
    this.#sizeBytes -= entry.bytes.length
    this.#room.dropped(entry.bytes.length)
    entry.slab?.release()
  }

  clear(): void {
    while (this.#entries.length > 0) this.dropOldest()
  }

  /** Batches from the one that holds `offset` on, or null when it is not here. The first comes whatever its size. */
  read(offset: bigint, maxBytes: number): CachedRead | null {
    const first = this.#find(offset)
    if (first < 0) return null
    const chunks: Buffer[] = []
    const slabs: Slab[] = []
    let sizeBytes = 0
    for (let index = first; index < this.#entries.length; index += 1) {
      const entry = this.#entries.at(index)
      if (entry === undefined || (sizeBytes > 0 && sizeBytes + entry.bytes.length > maxBytes)) break
      chunks.push(entry.bytes)
      sizeBytes += entry.bytes.length
      // Neighbours mostly share their slab: one reference stands for all of them.
      if (entry.slab !== null && slabs.at(-1) !== entry.slab) {
        entry.slab.retain()
        slabs.push(entry.slab)
      }
    }
    return { chunks, slabs, sizeBytes }
  }

  #find(offset: bigint): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#entries.at(middle)
      if (entry !== undefined && entry.endOffset <= offset) low = middle + 1
      else high = middle
    }
    const entry = this.#entries.at(low)
    return entry !== undefined && entry.baseOffset <= offset ? low : -1
  }
}

export interface TailCacheLimits {
  readonly partitionBytesMax: number
  readonly brokerBytesMax: number
}

/** What all tail caches of a broker share: the bounds, and who came first. */
export class TailCacheRoom {
  readonly partitionBytesMax: number
  readonly #brokerBytesMax: number
  readonly #pool: SlabPool
  readonly #order = new Queue<{ readonly cache: TailCache; readonly number: number }>()
  #sizeBytes = 0
  #entryCount = 0

  constructor(limits: TailCacheLimits, pool: SlabPool) {
    this.partitionBytesMax = limits.partitionBytesMax
    this.#brokerBytesMax = limits.brokerBytesMax
    this.#pool = pool
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Only caches call this. */
  added(cache: TailCache, number: number, sizeBytes: number): void {
    this.#sizeBytes += sizeBytes
    this.#entryCount += 1
    this.#order.push({ cache, number })
    this.relieve()
    // Entries that their own cache dropped still stand in the order: at times it is cleared of them.
    if (this.#order.length > 2 * this.#entryCount + 1024) {
      this.#order.filter((each) => each.number >= each.cache.oldest)
    }
  }

  /** Only caches call this. */
  dropped(sizeBytes: number): void {
    this.#sizeBytes -= sizeBytes
    this.#entryCount -= 1
  }

  /** Lets the oldest entries go until all bounds hold. */
  relieve(): void {
    while (this.#sizeBytes > this.#brokerBytesMax || (this.#pool.overLimit && this.#sizeBytes > 0)) {
      const oldest = this.#order.shift()
      if (oldest === undefined) return
      if (oldest.number >= oldest.cache.oldest) oldest.cache.dropOldest()
    }
  }
}
