/**
 * One segment of a log: a file of whole batches from `baseOffset` on, and the index over it.
 *
 * - `sizeBytes` and `endOffset` cover what is visible; bytes beyond belong to a write that has not been acknowledged.
 * - The file is opened on first use and closed when it was idle; readers hold it open.
 */
import path from 'node:path'
import { type BatchHeader, batchHeaderBytes, batchPrefixBytes, readBatchHeader } from './batch.ts'
import type { FileSystem, LogFile } from './file-system.ts'
import type { Companion } from './segment-index.ts'
import { SegmentIndex } from './segment-index.ts'
import type { Piece, SlabCutter } from './slab.ts'

const hintsMax = 64
const readBytesMin = 4096
/** Index entries lie this far apart, so this much may have to be stepped over. */
const stepBytes = 64 * 1024

/** The name of the file of a segment, as Kafka names it. */
export const segmentName = (baseOffset: bigint): string => `${String(baseOffset).padStart(20, '0')}.log`
export const companionName = (baseOffset: bigint): string => `${String(baseOffset).padStart(20, '0')}.index`

/** The base offset in a segment's name, or null when it is no segment. */
export const parseSegmentName = (name: string): bigint | null =>
  /^\d{20}\.log$/.test(name) ? BigInt(name.slice(0, 20)) : null

/** A batch that was looked for and found. */
export interface FoundBatch {
  readonly header: BatchHeader
  readonly position: number
}

export class Segment {
  readonly baseOffset: bigint
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #hints = new Map<bigint, number>()
  #opening: Promise<LogFile> | null = null
  #users = 0
  #removed = false
  usedAtMs = 0
  index: SegmentIndex
  endOffset: bigint
  sizeBytes: number
  begunAtMs: number

  constructor(
    fileSystem: FileSystem,
    folder: string,
    baseOffset: bigint,
    known: Omit<Companion, 'producers'> | null,
    nowMs: number,
  ) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.baseOffset = baseOffset
    this.index = known?.index ?? new SegmentIndex()
    this.endOffset = known?.endOffset ?? baseOffset
    this.sizeBytes = known?.sizeBytes ?? 0
    this.begunAtMs = known?.begunAtMs ?? nowMs
  }

  get path(): string {
    return path.join(this.#folder, segmentName(this.baseOffset))
  }

  get companionPath(): string {
    return path.join(this.#folder, companionName(this.baseOffset))
  }

  get maxTimestamp(): number {
    return this.index.maxTimestamp
  }

  get isOpen(): boolean {
    return this.#opening !== null
  }

  /** Runs `work` with the file open. */
  async use<Result>(work: (file: LogFile) => Promise<Result>): Promise<Result> {
    this.#users += 1
    try {
      return await work(await this.#open())
    } finally {
      this.#users -= 1
      if (this.#removed && this.#users === 0) await this.closeFile()
    }
  }

  #open(): Promise<LogFile> {
    this.#opening ??= this.#fileSystem.open(this.path).catch((error: unknown) => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  /** Takes a batch that is durable at the end of the segment into index and bounds. */
  extend(header: BatchHeader, baseOffset: bigint, nowMs: number): void {
    if (this.sizeBytes === 0) this.begunAtMs = nowMs
    this.index.add(Number(baseOffset - this.baseOffset), this.sizeBytes, header)
    this.sizeBytes += header.sizeBytes
    this.endOffset = baseOffset + BigInt(header.lastOffsetDelta) + 1n
  }

  /**
   * Whole batches from the one that holds `offset` on: as many as fit `maxBytes`, the first one whatever its size when
   * `atLeastOne` is set. Null when there is nothing to give. Throws when the file does not hold what it should.
   */
  async read(
    offset: bigint,
    maxBytes: number,
    atLeastOne: boolean,
    cutter: SlabCutter,
  ): Promise<Piece | null> {
    return this.use(async (file) => {
      const hint = this.#hints.get(offset)
      let position = hint ?? this.index.positionOf(Number(offset - this.baseOffset))
      let wanted = Math.max(maxBytes + (hint === undefined ? stepBytes : 0), readBytesMin)
      for (;;) {
        const piece = await this.#readPiece(file, position, wanted, cutter)
        if (piece === null) return null
        const window = this.#findRange(piece.bytes, offset, maxBytes, atLeastOne)
        if (window.kind === 'found') {
          this.#remember(window.endOffset, position + window.end)
          return { bytes: piece.bytes.subarray(window.start, window.end), slab: piece.slab }
        }
        piece.slab.release()
        if (window.kind === 'nothing') return null
        position += window.skip
        wanted = Math.max(window.needs, readBytesMin)
      }
    })
  }

  async #readPiece(
    file: LogFile,
    position: number,
    wanted: number,
    cutter: SlabCutter,
  ): Promise<Piece | null> {
    const sizeBytes = Math.min(wanted, this.sizeBytes - position)
    if (sizeBytes <= 0) return null
    const piece = cutter.cut(sizeBytes)
    try {
      const got = await file.read(piece.bytes, position)
      if (got < sizeBytes) throw new Error(`${this.path} ends ${sizeBytes - got} bytes too early`)
    } catch (error) {
      piece.slab.release()
      throw error
    }
    return piece
  }

  #remember(endOffset: bigint, position: number): void {
    // A consumer that reads on asks for exactly this offset next.
    if (this.#hints.size >= hintsMax) {
      const [oldest] = this.#hints.keys()
      if (oldest !== undefined) this.#hints.delete(oldest)
    }
    this.#hints.set(endOffset, position)
  }

  /** Where in the bytes read the answer lies, or from where and how much to read on. */
  #findRange(bytes: Buffer, offset: bigint, maxBytes: number, atLeastOne: boolean): Window {
    let at = 0
    for (;;) {
      const header = readBatchHeader(bytes, at)
      if (header === null) {
        if (bytes.length - at >= batchHeaderBytes)
          throw new Error(`${this.path} holds bytes that are no batch`)
        return { kind: 'more', skip: at, needs: maxBytes + batchHeaderBytes }
      }
      if (header.baseOffset + BigInt(header.lastOffsetDelta) >= offset) {
        if (header.sizeBytes > maxBytes && !atLeastOne) return { kind: 'nothing' }
        if (at + header.sizeBytes > bytes.length) {
          return { kind: 'more', skip: at, needs: Math.max(header.sizeBytes, maxBytes) }
        }
        return this.#takeWhole(bytes, at, maxBytes)
      }
      at += header.sizeBytes
      if (at >= bytes.length) return { kind: 'more', skip: at, needs: maxBytes + stepBytes }
    }
  }

  #takeWhole(bytes: Buffer, start: number, maxBytes: number): Window {
    let end = start
    let last = start
    while (bytes.length - end >= batchHeaderBytes) {
      const sizeBytes = bytes.readInt32BE(end + 8) + batchPrefixBytes
      const next = end + sizeBytes
      if (sizeBytes < batchHeaderBytes || next > bytes.length || (end > start && next - start > maxBytes))
        break
      last = end
      end = next
    }
    const endOffset = bytes.readBigInt64BE(last) + BigInt(bytes.readInt32BE(last + 23)) + 1n
    return { kind: 'found', start, end, endOffset }
  }

  /** The first batch at or after `position` that `isWanted`, or null. */
  async find(position: number, isWanted: (header: BatchHeader) => boolean): Promise<FoundBatch | null> {
    return this.use(async (file) => {
      const head = Buffer.alloc(batchHeaderBytes)
      for (let at = position; at + batchHeaderBytes <= this.sizeBytes; ) {
        await file.read(head, at)
        const header = readBatchHeader(head, 0)
        if (header === null) throw new Error(`${this.path} holds bytes at ${at} that are no batch`)
        if (isWanted(header)) return { header, position: at }
        at += header.sizeBytes
      }
      return null
    })
  }

  /** The bytes of one batch. */
  async readBatch(found: FoundBatch): Promise<Buffer> {
    const bytes = Buffer.alloc(found.header.sizeBytes)
    await this.use((file) => file.read(bytes, found.position))
    return bytes
  }

  /** Closes the file when nobody uses it; it is opened again when needed. */
  async closeFile(): Promise<void> {
    if (this.#users > 0 || this.#opening === null) return
    const opening = this.#opening
    this.#opening = null
    await (await opening).close()
  }

  /** Removes the segment from the disk; who still reads it may finish. */
  async remove(): Promise<void> {
    this.#removed = true
    await this.#fileSystem.remove(this.path)
    await this.#fileSystem.remove(this.companionPath)
    await this.closeFile()
  }
}

type Window =
  | { readonly kind: 'found'; readonly start: number; readonly end: number; readonly endOffset: bigint }
  | { readonly kind: 'more'; readonly skip: number; readonly needs: number }
  | { readonly kind: 'nothing' }
