/**
 * Opening a log: what is on the disk becomes segments, indexes and producers.
 *
 * - A segment with a companion that fits is trusted: it was closed, or the broker was stopped in good order.
 * - Any other segment is scanned, every checksum. In the active one (the last) a tail that is no whole batch was never
 *   acknowledged and is cut off. Anything wrong elsewhere is damage: it is reported and the partition refuses to work;
 *   nothing is skipped.
 */
import path from 'node:path'
import { type BatchHeader, batchHeaderBytes, isIntact, readBatchHeader } from './batch.ts'
import type { FileSystem, LogFile } from './file-system.ts'
import { type Producers, withBatch } from './producer-state.ts'
import { parseSegmentName, Segment } from './segment.ts'
import { type Companion, decodeCompanion } from './segment-index.ts'

/** Most bytes that one write (and flush) of a partition may hold: what can be torn at most. */
export const groupBytesMax = 16 * 1024 * 1024
const windowBytes = 4 * 1024 * 1024

export interface RecoveredLog {
  /** In order; the last one is active. Empty when the partition was never written. */
  readonly segments: Segment[]
  readonly producers: Producers
  readonly logStartOffset: bigint
  /** What the operator should know, a sentence each. */
  readonly notes: readonly string[]
  /** Why this partition cannot be used, or null. */
  readonly damage: string | null
}

/** How far a scan came. `problem` is null when it reached the end of the file. */
export interface ScanResult {
  readonly endPosition: number
  readonly endOffset: bigint
  readonly problem: string | null
}

/** Walks all batches of a file from its start, checking each one; stops at the first that is wrong. */
export const scanBatches = async (
  file: LogFile,
  sizeBytes: number,
  baseOffset: bigint,
  visit: (header: BatchHeader, position: number) => void,
): Promise<ScanResult> => {
  let window = Buffer.alloc(Math.min(windowBytes, Math.max(sizeBytes, batchHeaderBytes)))
  let windowAt = 0
  let held = 0
  let at = 0
  let offset = baseOffset
  const load = async (needs: number): Promise<boolean> => {
    if (at + needs <= windowAt + held) return true
    if (at + needs > sizeBytes) return false
    if (needs > window.length) window = Buffer.alloc(needs)
    windowAt = at
    held = await file.read(window.subarray(0, Math.min(window.length, sizeBytes - at)), at)
    return needs <= held
  }
  const stop = (problem: string | null): ScanResult => ({ endPosition: at, endOffset: offset, problem })
  while (at < sizeBytes) {
    if (!(await load(batchHeaderBytes))) return stop('the last batch is cut off in its header')
    const header = readBatchHeader(window, at - windowAt)
    if (header === null) return stop('there are bytes that are no batch')
    if (header.baseOffset < offset)
      return stop(`a batch claims offset ${header.baseOffset} instead of ${offset}`)
    if (!(await load(header.sizeBytes))) return stop('the last batch is cut off')
    if (!isIntact(window, at - windowAt, header.sizeBytes)) return stop('the checksum of a batch is wrong')
    visit(header, at)
    at += header.sizeBytes
    offset = header.baseOffset + BigInt(header.lastOffsetDelta) + 1n
  }
  return stop(null)
}

/** Position of the first whole batch after `from` that could follow `offset`, or -1. */
export const findLaterBatch = (bytes: Buffer, from: number, offset: bigint): number => {
  for (let at = from; at + batchHeaderBytes <= bytes.length; at += 1) {
    if (bytes[at + 16] !== 2) continue
    const header = readBatchHeader(bytes, at)
    if (header === null || at + header.sizeBytes > bytes.length) continue
    if (header.baseOffset < offset || header.baseOffset - offset > 0x7fffffffn) continue
    if (isIntact(bytes, at, header.sizeBytes)) return at
  }
  return -1
}

class Recovery {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #nowMs: number
  readonly #unsyncedBytesMax: number
  readonly segments: Segment[] = []
  readonly notes: string[] = []
  producers: Producers = new Map()
  damage: string | null = null

  constructor(fileSystem: FileSystem, folder: string, nowMs: number, unsyncedBytesMax: number) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.#nowMs = nowMs
    this.#unsyncedBytesMax = unsyncedBytesMax
  }

  async open(baseOffset: bigint, isLast: boolean): Promise<void> {
    const before = this.segments.at(-1)
    if (before !== undefined && before.endOffset !== baseOffset) {
      this.damage ??= `offsets ${before.endOffset} to ${baseOffset - 1n} are missing between two segments in ${this.#folder}`
    }
    const empty = new Segment(this.#fileSystem, this.#folder, baseOffset, null, this.#nowMs)
    await empty.use(async (file) => {
      const sizeBytes = await file.sizeBytes()
      const companion = await this.#companion(empty, sizeBytes)
      if (companion === null) await this.#scan(empty, file, sizeBytes, isLast)
      else {
        empty.index = companion.index
        empty.endOffset = companion.endOffset
        empty.sizeBytes = companion.sizeBytes
        empty.begunAtMs = companion.begunAtMs
        this.producers = companion.producers
      }
    })
    this.segments.push(empty)
    await empty.closeFile()
  }

  async #companion(segment: Segment, sizeBytes: number): Promise<Companion | null> {
    const bytes = await this.#fileSystem.readWhole(segment.companionPath)
    return bytes === null ? null : decodeCompanion(bytes, sizeBytes)
  }

  async #scan(segment: Segment, file: LogFile, sizeBytes: number, isLast: boolean): Promise<void> {
    const result = await scanBatches(file, sizeBytes, segment.baseOffset, (header) => {
      const nowMs = header.maxTimestamp >= 0 ? Math.min(header.maxTimestamp, this.#nowMs) : this.#nowMs
      segment.extend(header, header.baseOffset, nowMs)
      if (header.producerId < 0n) return
      const known = this.producers.get(header.producerId)
      this.producers.set(header.producerId, withBatch(known, header, header.baseOffset, this.#nowMs))
    })
    if (result.problem === null) return
    const where = `${segment.path}, byte ${result.endPosition} of ${sizeBytes} (offset ${result.endOffset})`
    if (!isLast) this.damage ??= `${where}: ${result.problem}`
    else await this.#cutTail(segment, file, sizeBytes, result, where)
  }

  /** Cuts off what was never acknowledged. Whole batches behind the bad spot are kept aside, for somebody to look at. */
  async #cutTail(
    segment: Segment,
    file: LogFile,
    sizeBytes: number,
    result: ScanResult,
    where: string,
  ): Promise<void> {
    const tail = Buffer.alloc(Math.min(sizeBytes - result.endPosition, 4 * groupBytesMax))
    await file.read(tail, result.endPosition)
    if (findLaterBatch(tail, this.#unsyncedBytesMax, result.endOffset) >= 0) {
      this.damage ??= `${where}: ${result.problem}, and whole batches follow it`
      return
    }
    if (findLaterBatch(tail, 1, result.endOffset) >= 0) {
      const aside = path.join(this.#folder, `${result.endOffset}.torn`)
      await this.#fileSystem.writeWhole(aside, tail)
      this.notes.push(
        `${where}: ${result.problem}; what followed was never acknowledged and lies in ${aside}`,
      )
    } else {
      this.notes.push(
        `${where}: ${result.problem}; cut off ${sizeBytes - result.endPosition} bytes that were never acknowledged`,
      )
    }
    await file.truncate(result.endPosition)
    await file.synchronize()
  }
}

const startOffsetFile = 'log-start'

/** Keeps a log start that lies inside a segment (DeleteRecords) over restarts. */
export const saveLogStart = (fileSystem: FileSystem, folder: string, offset: bigint): Promise<void> =>
  fileSystem.writeWhole(path.join(folder, startOffsetFile), Buffer.from(`${offset}\n`))

/**
 * Opens what a folder holds of a partition. Throws only for errors of the disk. Whole batches further than
 * `unsyncedBytesMax` behind a bad spot cannot be what a crash left: that is damage.
 */
export const recoverLog = async (
  fileSystem: FileSystem,
  folder: string,
  nowMs: number,
  unsyncedBytesMax: number,
): Promise<RecoveredLog> => {
  const names = await fileSystem.list(folder)
  const bases = names
    .map(parseSegmentName)
    .filter((base) => base !== null)
    .toSorted((left, right) => (left < right ? -1 : 1))
  const recovery = new Recovery(fileSystem, folder, nowMs, unsyncedBytesMax)
  for (const [index, base] of bases.entries()) await recovery.open(base, index === bases.length - 1)
  const saved = names.includes(startOffsetFile)
    ? await fileSystem.readWhole(path.join(folder, startOffsetFile))
    : null
  const text = saved?.toString('utf8').trim() ?? ''
  const savedStart = /^\d+$/.test(text) ? BigInt(text) : 0n
  const first = bases[0] ?? 0n
  const { segments, producers, notes, damage } = recovery
  const end = segments.at(-1)?.endOffset ?? 0n
  const start = savedStart > first ? savedStart : first
  return { segments, producers, notes, damage, logStartOffset: start > end ? end : start }
}
