/**
 * One partition's log on disk: segments, the write loop, the tail in memory, retention.
 *
 * - Whoever was answered finds their batch after a crash, as far as the durability mode promises.
 * - A full or failing disk refuses writes and keeps reads alive; when the disk takes bytes again, so does the log. Only
 *   a flush that failed after bytes had been acknowledged (modes `interval` and `os`) ends writing until a restart.
 */

import path from 'node:path'
import { type ErrorCode, errorCodes } from 'sluice-kafka-protocol'
import {
  Appender,
  type AppendTarget,
  type Durability,
  type PlacedBatch,
  type Refusal,
  storageError,
} from './appender.ts'
import type { Clock } from './clock.ts'
import type { FileSystem } from './file-system.ts'
import type { AppendOptions, AppendOutcome, PartitionLog } from './partition-log.ts'
import { forgetSilent, type Producer, type Producers } from './producer-state.ts'
import { emptyRead, type ReadResult } from './read-result.ts'
import { groupBytesMax, type RecoveredLog, recoverLog, saveLogStart } from './recovery.ts'
import { countToDrop, shouldRoll } from './retention.ts'
import { Segment } from './segment.ts'
import { encodeCompanion } from './segment-index.ts'
import type { SlabCutter } from './slab.ts'
import { TailCache, type TailCacheRoom } from './tail-cache.ts'
import { latestRecord, recordAtTime, type TimedOffset } from './time-lookup.ts'
import type { LogSettings } from './topic-config.ts'

/** What all logs of a broker share. */
export interface LogEnvironment {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly durability: Durability
  readonly cutter: SlabCutter
  readonly cacheRoom: TailCacheRoom
  report(line: string): void
}

const producerSilenceMsMax = 24 * 60 * 60 * 1000
const producersMax = 100_000
/** Up to here a write that only reaches the page cache is cheaper on the spot than in a thread. */
const writeNowBytesMax = 256 * 1024
const idleFileMs = 60_000

export class DiskLog implements PartitionLog, AppendTarget {
  readonly topic: string
  readonly partition: number
  readonly leaderEpoch = 0
  readonly producers: Producers
  readonly #folder: string
  readonly #environment: LogEnvironment
  readonly #segments: Segment[]
  readonly #cache: TailCache
  readonly #appender: Appender
  readonly #listeners = new Set<(bytes: number) => void>()
  readonly #damage: string | null
  #settings: LogSettings
  #logStartOffset: bigint
  #highWatermark: bigint
  #isDirty = false
  #mustRoll = false
  #closed: Refusal | null = null
  #isFailing = false

  /** Use `openLog`. */
  constructor(
    place: { topic: string; partition: number; folder: string },
    recovered: RecoveredLog,
    settings: LogSettings,
    environment: LogEnvironment,
  ) {
    this.topic = place.topic
    this.partition = place.partition
    this.#folder = place.folder
    this.#environment = environment
    this.#settings = settings
    this.#segments = recovered.segments
    this.producers = recovered.producers
    this.#damage = recovered.damage
    this.#logStartOffset = recovered.logStartOffset
    this.#highWatermark = recovered.segments.at(-1)?.endOffset ?? 0n
    this.#cache = new TailCache(environment.cacheRoom)
    this.#appender = new Appender(this, environment.clock)
  }

  get settings(): LogSettings {
    return this.#settings
  }

  get logStartOffset(): bigint {
    return this.#logStartOffset
  }

  get highWatermark(): bigint {
    return this.#highWatermark
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  get damage(): string | null {
    return this.#damage
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  configure(settings: LogSettings): void {
    this.#settings = settings
  }

  append(batch: Buffer, options: AppendOptions): Promise<AppendOutcome> {
    if (this.#damage !== null)
      return Promise.resolve({ ...this.#refused(storageError), message: this.#damage })
    return this.#appender.append(batch, options)
  }

  #refused(refusal: Refusal): AppendOutcome {
    const { error, message } = refusal
    return { error, message, baseOffset: -1n, logAppendTimeMs: -1n, logStartOffset: this.#logStartOffset }
  }

  onAppended(work: (bytes: number) => void): () => void {
    this.#listeners.add(work)
    return () => this.#listeners.delete(work)
  }

  async read(offset: bigint, maxBytes: number, atLeastOne: boolean): Promise<ReadResult> {
    const refusal = this.#refusalToRead(offset)
    if (refusal !== null) return emptyRead(refusal)
    if (offset === this.#highWatermark) return emptyRead(errorCodes.NONE)
    const cached = this.#readCached(offset, maxBytes, atLeastOne)
    return cached ?? this.#readFile(offset, maxBytes, atLeastOne)
  }

  #refusalToRead(offset: bigint): ErrorCode | null {
    if (this.#damage !== null) return errorCodes.KAFKA_STORAGE_ERROR
    if (this.#closed !== null) return this.#closed.error
    if (offset < this.#logStartOffset || offset > this.#highWatermark) return errorCodes.OFFSET_OUT_OF_RANGE
    return null
  }

  #readCached(offset: bigint, maxBytes: number, atLeastOne: boolean): ReadResult | null {
    const cached = this.#cache.read(offset, maxBytes)
    if (cached === null) return null
    const { chunks, slabs, sizeBytes } = cached
    const release = (): void => {
      for (const slab of slabs) slab.release()
    }
    if (sizeBytes > maxBytes && !atLeastOne) {
      release()
      return emptyRead(errorCodes.NONE)
    }
    return { error: errorCodes.NONE, chunks, sizeBytes, release }
  }

  async #readFile(offset: bigint, maxBytes: number, atLeastOne: boolean): Promise<ReadResult> {
    const segment = this.#segments[this.#segmentAt(offset)]
    if (segment === undefined) return emptyRead(errorCodes.OFFSET_OUT_OF_RANGE)
    segment.usedAtMs = this.#environment.clock.now()
    try {
      const piece = await segment.read(offset, maxBytes, atLeastOne, this.#environment.cutter)
      if (piece === null) return emptyRead(errorCodes.NONE)
      const { bytes, slab } = piece
      return {
        error: errorCodes.NONE,
        chunks: [bytes],
        sizeBytes: bytes.length,
        release: () => slab.release(),
      }
    } catch (error) {
      this.#environment.report(`${this.#name()}: cannot be read at offset ${offset}: ${String(error)}`)
      return emptyRead(errorCodes.KAFKA_STORAGE_ERROR)
    }
  }

  /** Number of the segment that holds `offset`. */
  #segmentAt(offset: bigint): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const segment = this.#segments[middle]
      if (segment !== undefined && segment.endOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  roomBytes(): number {
    const active = this.#segments.at(-1)
    if (active === undefined || this.#mustRoll) return 0
    if (active.sizeBytes === 0) return Number.POSITIVE_INFINITY
    if (this.#environment.clock.now() - active.begunAtMs >= this.#settings.segmentMs) return 0
    return this.#settings.segmentBytes - active.sizeBytes
  }

  async roll(): Promise<void> {
    const { fileSystem, clock } = this.#environment
    const active = this.#segments.at(-1)
    if (active === undefined) await fileSystem.makeFolder(this.#folder)
    else if (active.sizeBytes > 0) await this.#seal(active)
    const isNew = active === undefined || active.endOffset !== active.baseOffset
    if (isNew) {
      const segment = new Segment(fileSystem, this.#folder, this.#highWatermark, null, clock.now())
      await segment.use(() => Promise.resolve())
      await fileSystem.synchronizeFolder(this.#folder)
      if (active === undefined) await this.#synchronizeParents()
      this.#segments.push(segment)
    }
    this.#mustRoll = false
  }

  /** The folders of partition and topic are made with the first segment; their names have to last as well. */
  async #synchronizeParents(): Promise<void> {
    const topicFolder = path.dirname(this.#folder)
    for (const folder of [topicFolder, path.dirname(topicFolder)]) {
      await this.#environment.fileSystem.synchronizeFolder(folder)
    }
  }

  /** Flushes a segment and writes its companion, so that it is trusted without a scan. */
  async #seal(segment: Segment): Promise<void> {
    const { fileSystem, clock, durability } = this.#environment
    // In mode `interval` a flush may be under way that has not ended: a companion must not come before it has.
    if (durability !== 'commit') await segment.use((file) => file.synchronize())
    this.#isDirty = false
    forgetSilent(this.producers, clock.now(), producerSilenceMsMax, producersMax)
    const companion = encodeCompanion({
      sizeBytes: segment.sizeBytes,
      endOffset: segment.endOffset,
      begunAtMs: segment.begunAtMs,
      index: segment.index,
      producers: this.producers,
    })
    await fileSystem.writeWhole(segment.companionPath, companion)
  }

  async write(batches: readonly PlacedBatch[], sizeBytes: number): Promise<void> {
    const active = this.#segments.at(-1)
    if (active === undefined) throw new Error('a log without a segment cannot be written')
    const chunks = batches.map((batch) => batch.bytes)
    const position = active.sizeBytes
    const { durability, clock } = this.#environment
    active.usedAtMs = clock.now()
    await active.use(async (file) => {
      let isWritten = false
      try {
        if (durability !== 'commit' || sizeBytes <= writeNowBytesMax) file.writeNow(chunks, position)
        else await file.write(chunks, position)
        isWritten = true
        if (durability === 'commit') await file.synchronize()
        else this.#isDirty = true
      } catch (error) {
        // What was not acknowledged leaves the file again. After a failed flush nobody knows what the disk holds of
        // these pages, so the next batch goes to a new file.
        this.#mustRoll = isWritten && active.sizeBytes > 0
        await file.truncate(position).catch((again: unknown) => this.#stopWriting(again))
        throw error
      }
    })
    if (this.#isFailing) this.#environment.report(`${this.#name()}: the disk takes writes again`)
    this.#isFailing = false
  }

  failed(error: unknown): void {
    // One line when it begins, one when it ends: a full disk must not fill the log of the broker as well.
    if (!this.#isFailing)
      this.#environment.report(`${this.#name()}: the disk refused a write: ${String(error)}`)
    this.#isFailing = true
  }

  #stopWriting(error: unknown): void {
    this.#environment.report(
      `${this.#name()}: takes no more writes until the broker is restarted: ${String(error)}`,
    )
    void this.#appender.refuseAll(storageError)
  }

  publish(batches: readonly PlacedBatch[], producers: ReadonlyMap<bigint, Producer>): void {
    const active = this.#segments.at(-1)
    if (active === undefined) return
    const nowMs = this.#environment.clock.now()
    let sizeBytes = 0
    for (const { header, baseOffset, bytes, slab } of batches) {
      active.extend(header, baseOffset, nowMs)
      this.#cache.add(baseOffset, active.endOffset, bytes, slab)
      sizeBytes += header.sizeBytes
    }
    for (const [id, producer] of producers) this.producers.set(id, producer)
    this.#highWatermark = active.endOffset
    for (const listener of this.#listeners) listener(sizeBytes)
  }

  /** Flushes what mode `interval` has written since the last time. */
  async flush(): Promise<void> {
    const active = this.#segments.at(-1)
    if (!this.#isDirty || active === undefined) return
    this.#isDirty = false
    try {
      await active.use((file) => file.synchronize())
    } catch (error) {
      this.#isDirty = true
      this.#stopWriting(error)
    }
  }

  /** Drops what has expired; the files of segments that nobody used for a while are closed. */
  async applyRetention(): Promise<void> {
    if (this.#damage !== null || this.#closed !== null) return
    const { clock } = this.#environment
    const nowMs = clock.now()
    const active = this.#segments.at(-1)
    if (active !== undefined && !this.#settings.compact && shouldRoll(active, this.#settings, nowMs)) {
      await this.#appender.exclusively(() => this.roll().catch((error: unknown) => this.failed(error)))
    }
    if (!this.#settings.compact) {
      await this.#dropFirst(countToDrop(this.#segments, this.#settings, this.#logStartOffset, nowMs))
    }
    for (const segment of this.#segments) {
      if (segment.isOpen && nowMs - segment.usedAtMs > idleFileMs) await segment.closeFile()
    }
  }

  async #dropFirst(count: number): Promise<void> {
    if (count === 0) return
    const dropped = this.#segments.splice(0, count)
    const [first] = this.#segments
    if (first !== undefined && first.baseOffset > this.#logStartOffset)
      this.#logStartOffset = first.baseOffset
    for (const segment of dropped) await segment.remove()
  }

  /**
   * Raises the log start to `offset` (DeleteRecords). Null when it lies beyond what is there; else the new start.
   * Records before it can no longer be read; their bytes leave with their segments.
   */
  async deleteBefore(offset: bigint): Promise<bigint | null> {
    if (offset > this.#highWatermark || offset < 0n) return null
    if (offset <= this.#logStartOffset) return this.#logStartOffset
    await saveLogStart(this.#environment.fileSystem, this.#folder, offset)
    this.#logStartOffset = offset
    await this.#dropFirst(
      countToDrop(this.#segments, { retentionMs: -1, retentionBytes: -1, segmentMs: 0 }, offset, 0),
    )
    return offset
  }

  /** The first record stamped `timestamp` or later, or null. */
  async offsetAtTime(timestamp: number): Promise<TimedOffset | null> {
    return recordAtTime(this.#segments, timestamp, this.#logStartOffset)
  }

  /** The record with the latest timestamp, or null when the log is empty. */
  async offsetOfLatestTime(): Promise<TimedOffset | null> {
    return latestRecord(this.#segments, this.#logStartOffset)
  }

  #name(): string {
    return `${this.topic}-${this.partition}`
  }

  /** Ends all work in good order; what was answered is on the disk, in any mode. */
  async close(): Promise<void> {
    const refusal = { error: errorCodes.NOT_LEADER_OR_FOLLOWER, message: 'The broker is stopping' }
    await this.#appender.refuseAll(refusal)
    this.#closed = refusal
    const active = this.#segments.at(-1)
    if (active !== undefined && this.#damage === null && (active.sizeBytes > 0 || this.#isDirty))
      await this.#seal(active)
    await this.#letGo()
  }

  /** Ends all work because the topic is gone. The files are the caller's to remove. */
  async drop(): Promise<void> {
    const refusal = { error: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, message: 'The topic was deleted' }
    this.#closed = refusal
    await this.#appender.refuseAll(refusal)
    for (const listener of this.#listeners) listener(0)
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    this.#cache.clear()
    for (const segment of this.#segments) await segment.closeFile()
  }
}

/** Opens (or begins) the log of a partition in `folder`. Nothing is made on the disk before the first append. */
export const openLog = async (
  place: { topic: string; partition: number; folder: string },
  settings: LogSettings,
  environment: LogEnvironment,
): Promise<DiskLog> => {
  const unsynced = environment.durability === 'commit' ? groupBytesMax : Number.POSITIVE_INFINITY
  const recovered = await recoverLog(environment.fileSystem, place.folder, environment.clock.now(), unsynced)
  for (const note of recovered.notes) environment.report(note)
  if (recovered.damage !== null) {
    environment.report(
      `${place.topic}-${place.partition} is damaged and will not be used: ${recovered.damage}`,
    )
  }
  return new DiskLog(place, recovered, settings, environment)
}
