/**
 * Reads one file as a lane: from a position on, to its end or as it grows, and on to the file that takes its name.
 *
 * What is read is cut, parsed and kept ready; a batch is what may go now. After trouble everything is opened anew
 * behind the last batch, so that nothing is left out and nothing comes twice.
 */
import type { FileHandle } from 'node:fs/promises'
import { stat } from 'node:fs/promises'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import type { Logger } from '../../kernel/logger.ts'
import type { LanePoll, LaneReader } from '../lane-source.ts'
import { type ByteReader, isGzip, openFile, readBytes } from './bytes.ts'
import { type Layout, layoutOf } from './layout.ts'
import type { FileOptions } from './options.ts'
import { RatePace, type ReplayPace } from './pace.ts'
import {
  type FilePosition,
  findRenamed,
  headOf,
  isSameFile,
  keepsHead,
  parseFilePosition,
  startPosition,
} from './position.ts'
import type { SharedShift } from './shift.ts'
import { type RawRecord, RecordSplitter } from './splitter.ts'
import { type StampedRecord, stamp } from './stamp.ts'

const batchRecordsMax = 2_000
const batchBytesMax = 1024 * 1024
/** How often a file that is followed is looked at. */
const followEveryMs = 250
/** Who writes a file may go on for a moment after it was renamed. */
const renamedGraceMs = 1_000
const headBytesWanted = 1_024

export interface FileReaderParts {
  readonly pipeline: string
  readonly lane: string
  readonly path: string
  readonly options: FileOptions
  readonly shift: SharedShift | null
  readonly replay: ReplayPace | null
  /** Places for open files, shared by all readers of a source. */
  readonly places: { left: number }
  readonly clock: Clock
  readonly logger: Logger
}

/** A file that is open, at the place where reading it goes on. */
interface OpenFile {
  readonly handle: FileHandle
  readonly bytes: ByteReader
  readonly layout: Layout
  readonly splitter: RecordSplitter
  /** It has lost its name already: no more will be written to it. */
  readonly renamed: boolean
  /** Its end was reached and no more will come. */
  ended: boolean
  /** Its end was reached for now. */
  atEnd: boolean
  /** Since when its name belongs to another file; null while it doesn't. */
  leftSinceMs: number | null
  /** Size and change time when it was last looked at. */
  seen: string
}

export class FileReader implements LaneReader {
  readonly #parts: FileReaderParts
  readonly #rate: RatePace | null
  readonly #ready: StampedRecord[] = []
  readonly #builder = new BatchBuilder()
  /** Where the next batch goes on; null until the file's first line is there. */
  #position: FilePosition | null
  #file: OpenFile | null = null
  #done = false
  #lastTimeMs: number | null = null
  #recordBytes = 100
  #generation: number

  constructor(parts: FileReaderParts, position: string | null) {
    this.#parts = parts
    this.#position = position === null ? null : (parseFilePosition(position) ?? null)
    this.#generation = this.#position?.generation ?? 0
    this.#rate = parts.options.ratePerSecond === null ? null : new RatePace(parts.options.ratePerSecond)
    const shift = this.#position?.shift
    if (shift !== undefined && shift !== null) parts.shift?.adopt(shift)
  }

  async poll(): Promise<LanePoll> {
    try {
      return await this.#poll()
    } catch (error) {
      await this.#close()
      if (isFault(error)) throw error
      throw fault('SOURCE_UNAVAILABLE', { source: this.#parts.lane, problem: messageOf(error) }, error)
    }
  }

  async remaining(): Promise<number> {
    if (this.#done || this.#file === null) return this.#ready.length
    const bytes = await this.#file.bytes.left()
    return this.#ready.length + Math.ceil(bytes / this.#recordBytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #poll(): Promise<LanePoll> {
    if (this.#done) return { kind: 'ended' }
    const file = this.#file ?? (this.#parts.places.left > 0 ? await this.#begin() : null)
    if (this.#done) return { kind: 'ended' }
    if (file === null) return { kind: 'wait', forMs: followEveryMs }
    if (this.#ready.length === 0) {
      if (file.atEnd && !(await this.#goesOn(file))) return { kind: 'wait', forMs: followEveryMs }
      await this.#fill(file)
    }
    if (this.#ready.length > 0) return this.#emit(file)
    if (!file.ended) return { kind: 'wait', forMs: followEveryMs }
    await this.#close()
    if (file.renamed || file.leftSinceMs !== null) {
      // The old file is read to its end: the one that has its name now comes next.
      this.#generation += 1
      this.#position = null
      return { kind: 'wait', forMs: 1 }
    }
    this.#done = true
    return { kind: 'ended' }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = null
    this.#ready.length = 0
    if (file === null) return
    this.#parts.places.left += 1
    await file.bytes[Symbol.asyncDispose]()
    await file.handle.close()
  }

  /** Opens the file where reading goes on; null while there is nothing to open yet. */
  async #begin(): Promise<OpenFile | null> {
    const { path } = this.#parts
    const handle = await this.#open(path)
    if (handle === null) return this.#beginRenamed()
    let opened: OpenFile | null = null
    try {
      opened = await this.#beginNamed(handle, path)
      return opened
    } finally {
      if (opened === null || opened.handle !== handle) await handle.close()
    }
  }

  /** Goes on in the file that has the name now, where it is the one that was read; else with what took its place. */
  async #beginNamed(handle: FileHandle, path: string): Promise<OpenFile | null> {
    const { options, logger, lane } = this.#parts
    const position = this.#position
    if (position !== null) {
      const stat = await handle.stat({ bigint: true })
      if (await isSameFile(handle, stat, position, options.follow, await isGzip(handle))) {
        return this.#openAt(handle, path, position, false)
      }
      const renamed = await this.#beginRenamed()
      if (renamed !== null) return renamed
      logger.warn('the file is another one now, or was truncated: it is read from its beginning', {
        file: lane,
      })
      this.#generation = position.generation + 1
      this.#position = null
    }
    const start = await startPosition(handle, this.#generation, !options.follow)
    return start === null ? null : this.#openAt(handle, path, start, false)
  }

  /** Finds the file of the position under another name, to read the rest of it. */
  async #beginRenamed(): Promise<OpenFile | null> {
    const { path, options } = this.#parts
    if (this.#position === null || !options.follow) return null
    const found = await findRenamed(path, this.#position)
    if (found === null) return null
    const handle = await openFile(found)
    const opened = await this.#openAt(handle, found, this.#position, true)
    if (opened === null) await handle.close()
    return opened
  }

  async #open(path: string): Promise<FileHandle | null> {
    try {
      return await openFile(path)
    } catch (error) {
      if (this.#parts.options.follow && isMissing(error)) return null
      throw error
    }
  }

  async #openAt(
    handle: FileHandle,
    path: string,
    position: FilePosition,
    renamed: boolean,
  ): Promise<OpenFile | null> {
    const { lane, options } = this.#parts
    const layout = await layoutOf(handle, path, lane, options, renamed || !options.follow)
    if (layout === null) {
      // An empty file that will not grow has no records: it ends at once.
      if (!options.follow) this.#done = true
      return null
    }
    const isNew = position.byte < layout.firstByte
    const startByte = isNew ? layout.firstByte : position.byte
    const startLine = isNew ? layout.firstLine : position.line
    const { delimiter } = layout
    this.#position = { ...position, byte: startByte, line: startLine }
    this.#parts.places.left -= 1
    this.#file = {
      handle,
      bytes: await readBytes(handle, path, startByte),
      layout,
      splitter: new RecordSplitter({ delimiter, bytesMax: options.recordBytesMax, startByte, startLine }),
      renamed,
      ended: false,
      atEnd: false,
      leftSinceMs: null,
      seen: '',
    }
    return this.#file
  }

  /** At the end of a file that is followed: whether there is reason to read on. Notices that it was replaced. */
  async #goesOn(file: OpenFile): Promise<boolean> {
    const { path, clock, lane, logger } = this.#parts
    const own = await file.handle.stat({ bigint: true })
    const position = this.#position
    const seen = `${own.size} ${own.mtimeNs}`
    if (seen !== file.seen && position !== null) {
      if (own.size < BigInt(file.splitter.readByte) || !(await keepsHead(file.handle, position))) {
        logger.warn('the file was truncated: it is read from its beginning', { file: lane })
        await this.#close()
        this.#generation += 1
        this.#position = null
        return false
      }
      file.seen = seen
      return true
    }
    const named = await stat(path, { bigint: true }).catch(() => null)
    if (named !== null && named.ino !== own.ino) file.leftSinceMs ??= clock.now()
    if (file.leftSinceMs === null || clock.now() - file.leftSinceMs < renamedGraceMs) return false
    file.ended = true
    return true
  }

  /** Reads, cuts and parses until there is enough for a batch, or the end. */
  async #fill(file: OpenFile): Promise<void> {
    const records: RawRecord[] = []
    let sizeBytes = 0
    while (records.length < batchRecordsMax && sizeBytes < batchBytesMax) {
      const record = file.splitter.next(file.ended)
      if (record !== null) {
        records.push(record)
        sizeBytes += record.bytes.length
        continue
      }
      if (file.ended) break
      const chunk = await this.#read(file, records.length > 0)
      if (chunk === undefined) break
      if (chunk !== null) file.splitter.push(chunk)
      else if (this.#parts.options.follow && !file.bytes.compressed && !file.renamed) {
        file.atEnd = true
        break
      } else file.ended = true
    }
    if (records.length === 0) return
    file.atEnd = false
    this.#recordBytes = Math.max(1, sizeBytes / records.length)
    await this.#makeReady(file.layout, records)
  }

  /** The next chunk; undefined where it cannot be read but records before it can be given out first. */
  async #read(file: OpenFile, hasRecords: boolean): Promise<Buffer | null | undefined> {
    try {
      return await file.bytes.read()
    } catch (error) {
      if (hasRecords) return undefined
      throw error
    }
  }

  async #makeReady(layout: Layout, records: readonly RawRecord[]): Promise<void> {
    const { options, shift, replay, lane, clock } = this.#parts
    const shiftMs = shift === null ? 0 : await shift.get()
    const bodies = layout.parse(records)
    for (const [i, raw] of records.entries()) {
      const body = bodies[i] ?? { problem: 'it could not be parsed' }
      const nowMs = this.#lastTimeMs ?? clock.now()
      const made = stamp(raw, body, {
        options,
        shiftMs,
        lane,
        readAtMs: options.readTime === null ? clock.now() : nowMs,
      })
      if (made.problem === null && options.readTime !== null) this.#lastTimeMs = made.timeMs
      this.#ready.push(made)
    }
    const first = this.#ready[0]
    if (first !== undefined) replay?.join(first.timeMs, clock.now())
  }

  async #emit(file: OpenFile): Promise<LanePoll> {
    const nowMs = this.#parts.clock.now()
    const byTime = this.#parts.replay?.allowance(
      this.#ready.map(({ timeMs }) => timeMs),
      nowMs,
    )
    const byRate = this.#rate?.allowance(this.#ready.length, nowMs)
    const count = Math.min(
      this.#ready.length,
      byTime?.count ?? batchRecordsMax,
      byRate?.count ?? batchRecordsMax,
    )
    if (count === 0) return { kind: 'wait', forMs: Math.max(byTime?.waitMs ?? 0, byRate?.waitMs ?? 0, 1) }
    this.#rate?.spend(count)
    return this.#batchOf(file, this.#ready.splice(0, count))
  }

  async #batchOf(file: OpenFile, records: readonly StampedRecord[]): Promise<LanePoll> {
    const last = records.at(-1)
    const before = this.#position
    if (last === undefined || before === null) throw new Error('a batch needs records and a position')
    const { pipeline, lane, shift } = this.#parts
    for (const record of records) this.#builder.add(record)
    const seenBytes = file.bytes.compressed ? headBytesWanted : last.raw.endByte
    this.#position = {
      ...before,
      byte: last.raw.endByte,
      line: last.raw.nextLine,
      head:
        before.head[0] < headBytesWanted
          ? await headOf(file.handle, Math.min(headBytesWanted, seenBytes))
          : before.head,
      shift: shift === null ? null : await shift.get(),
    }
    const batch = this.#builder.build({
      pipeline,
      incarnation: before.id,
      lane,
      stream: lane,
      next: JSON.stringify(this.#position),
    })
    return { kind: 'batch', batch }
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
