/**
 * Appends lines to a file and acknowledges when they are on the disk.
 *
 * - Writes that wait for the same sync share it, whichever lanes they come from.
 * - What was acknowledged ends at a known byte. After a failed write the file is cut back to there; when it is
 *   opened, an incomplete last line (a crash) is cut off.
 * - One process writes a file: a second one takes the next free name.
 */
import { parse, resolve } from 'node:path'
import type { WriteResult } from '../../flow/commit.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { Rows } from '../../flow/rows.ts'
import type { SinkSession } from '../../flow/sink.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import type { Logger } from '../../kernel/logger.ts'
import { checkedOptions, durationMsOf, sizeBytesOf } from '../options.ts'
import { type AppendDisk, type AppendFile, machineDisk } from './append-disk.ts'
import { encodeLines } from './json-lines.ts'
import { fileSinkOptions } from './sink-definition.ts'

const writersMax = 64
const renewEveryMs = 10_000
const tailBlockBytes = 64 * 1024
const writeBytesMax = 8 * 1024 * 1024

export interface FileSinkParts {
  /** Absolute. */
  readonly path: string
  readonly idField: string | undefined
  readonly rotateBytes: number | null
  readonly rotateMs: number | null
  readonly disk: AppendDisk
  readonly clock: Clock
  readonly logger: Logger
}

interface Waiting {
  readonly bytes: Buffer
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

interface OpenFile {
  readonly file: AppendFile
  /** Where what is known to be whole and durable ends. */
  goodBytes: number
  readonly bornMs: number
}

const numbered = (path: string, mark: string): string => {
  const { dir, name, ext } = parse(path)
  return `${dir}/${name}-${mark}${ext}`
}

/** Where the last whole line ends, and what comes after it. */
const wholeLinesOf = async (file: AppendFile): Promise<{ end: number; tail: Buffer }> => {
  let tail = Buffer.alloc(0)
  for (let from = file.size; from > 0; ) {
    const length = Math.min(tailBlockBytes, from)
    from -= length
    const block = await file.read(from, length)
    const lineEnd = block.lastIndexOf(10)
    tail = Buffer.concat([block.subarray(lineEnd + 1), tail])
    if (lineEnd >= 0) return { end: from + lineEnd + 1, tail }
  }
  return { end: 0, tail }
}

/** Whether the last line only lacks its line end: a whole object or list. */
const isWhole = (tail: Buffer): boolean => {
  try {
    const value: unknown = JSON.parse(tail.toString())
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

export class FileSink implements SinkSession {
  readonly #parts: FileSinkParts
  readonly #waiting: Waiting[] = []
  readonly #closing = new AbortController()
  /** The path that this process may write. */
  #path: string | null = null
  #open: OpenFile | null = null
  /** Where acknowledged bytes end in a file that was closed after trouble. */
  #cutAt: number | null = null
  #working: Promise<void> | null = null
  #renewing: Promise<void> | null = null

  constructor(parts: FileSinkParts) {
    this.#parts = parts
  }

  async write(rows: Rows, _commit: unknown, signal: AbortSignal): Promise<WriteResult> {
    signal.throwIfAborted()
    const { bytes, refused } = encodeLines(rows, this.#parts.idField)
    if (bytes.length > 0) {
      await new Promise<void>((done, failed) => {
        this.#waiting.push({ bytes, done, failed })
        this.#working ??= this.#work()
      })
    }
    return { refused, deduplicated: [] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#working
    await this.#renewing
    await this.#open?.file.close()
    this.#open = null
    if (this.#path !== null) await this.#parts.disk.release(this.#path)
    this.#path = null
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#take()
      try {
        await this.#append(Buffer.concat(taken.map(({ bytes }) => bytes)))
        for (const { done } of taken) done()
      } catch (error) {
        await this.#closeAfterTrouble()
        const told = fault('SINK_UNAVAILABLE', { sink: this.#parts.path, problem: messageOf(error) }, error)
        for (const { failed } of taken) failed(told)
      }
    }
    this.#working = null
  }

  #take(): Waiting[] {
    let count = 0
    let sizeBytes = 0
    for (const { bytes } of this.#waiting) {
      if (count > 0 && sizeBytes + bytes.length > writeBytesMax) break
      count += 1
      sizeBytes += bytes.length
    }
    return this.#waiting.splice(0, count)
  }

  async #append(bytes: Buffer): Promise<void> {
    const open = await this.#fileFor(bytes.length)
    await open.file.append(bytes)
    await open.file.sync()
    open.goodBytes += bytes.length
  }

  async #fileFor(bytes: number): Promise<OpenFile> {
    const open = this.#open ?? (await this.#openFile())
    const { rotateBytes, rotateMs, clock, disk } = this.#parts
    const tooLarge = rotateBytes !== null && open.goodBytes + bytes > rotateBytes
    const tooOld = rotateMs !== null && clock.now() - open.bornMs >= rotateMs
    if (open.goodBytes === 0 || !(tooLarge || tooOld) || this.#path === null) return open
    this.#open = null
    await open.file.close()
    // It is durable already; a crash from here on leaves it under one name or the other.
    await disk.rename(this.#path, this.#asideName(this.#path))
    return this.#openFile()
  }

  #asideName(path: string): string {
    for (let ms = this.#parts.clock.now(); ; ms++) {
      const name = numbered(path, new Date(ms).toISOString().replaceAll(/[:.]/g, '-'))
      if (!this.#parts.disk.exists(name)) return name
    }
  }

  async #openFile(): Promise<OpenFile> {
    const path = this.#path ?? (await this.#claim())
    const file = await this.#parts.disk.open(path)
    try {
      const goodBytes = await this.#repair(file, path)
      this.#cutAt = null
      this.#open = { file, goodBytes, bornMs: file.size === 0 ? this.#parts.clock.now() : file.bornMs }
      return this.#open
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Makes the file end with a whole line; returns where that is. */
  async #repair(file: AppendFile, path: string): Promise<number> {
    const { end, tail } = await wholeLinesOf(file)
    if (this.#cutAt !== null && this.#cutAt <= file.size) {
      await file.truncate(this.#cutAt)
      await file.sync()
      return this.#cutAt
    }
    if (tail.length === 0) return end
    if (isWhole(tail)) {
      await file.append(Buffer.from('\n'))
      await file.sync()
      return file.size + 1
    }
    this.#parts.logger.warn('cut off an incomplete last line, which a crash left', {
      file: path,
      bytes: tail.length,
    })
    await file.truncate(end)
    await file.sync()
    return end
  }

  async #claim(): Promise<string> {
    const { path, disk } = this.#parts
    for (let writer = 1; writer <= writersMax; writer++) {
      const candidate = writer === 1 ? path : numbered(path, String(writer))
      if (await disk.claim(candidate)) {
        this.#path = candidate
        this.#renewing ??= this.#renew()
        return candidate
      }
    }
    throw new Error(`${writersMax} processes write it already`)
  }

  async #renew(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#parts.clock.sleep(renewEveryMs, signal)
      if (this.#path === null || signal.aborted) continue
      await this.#parts.disk.renew(this.#path).catch((error: unknown) => {
        this.#parts.logger.warn('the claim on a file cannot be renewed', { problem: messageOf(error) })
      })
    }
  }

  async #closeAfterTrouble(): Promise<void> {
    const open = this.#open
    if (open === null) return
    this.#open = null
    this.#cutAt = open.goodBytes
    await open.file.close().catch((error: unknown) => {
      this.#parts.logger.debug('a file could not be closed', { problem: messageOf(error) })
    })
  }
}

/** Opens the file sink. The file itself is opened by the first write. @throws fault OPTION_INVALID */
export const openFileSink = async (options: unknown, context: OpenContext): Promise<SinkSession> => {
  const { path, id_field: idField, rotate } = checkedOptions(fileSinkOptions, options, 'file')
  return new FileSink({
    path: resolve(context.baseDirectory, path),
    idField,
    rotateBytes: rotate?.size === undefined ? null : sizeBytesOf('file', 'rotate.size', rotate.size),
    rotateMs: rotate?.every === undefined ? null : durationMsOf('file', 'rotate.every', rotate.every),
    disk: machineDisk(context.hostName),
    clock: context.clock,
    logger: context.logger,
  })
}
