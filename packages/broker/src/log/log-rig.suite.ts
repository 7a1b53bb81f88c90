/** What the tests of the log need: batches, a clock of their own, a disk that fails when told to, an open log. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { BatchEncoder, type BatchOptions } from 'sluice-kafka-protocol'
import type { Durability } from './appender.ts'
import type { Clock } from './clock.ts'
import { type DiskLog, type LogEnvironment, openLog } from './disk-log.ts'
import { type FileSystem, type LogFile, nodeFileSystem } from './file-system.ts'
import type { AppendOutcome } from './partition-log.ts'
import { SlabCutter, SlabPool } from './slab.ts'
import { TailCacheRoom } from './tail-cache.ts'
import { logSettings, type TopicConfig } from './topic-config.ts'

export const startMs = 1_700_000_000_000

/** A clock that stands still until it is moved. */
export class TestClock implements Clock {
  #nowMs = startMs
  #timers: { atMs: number; work: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, work }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer)
    }
  }

  move(byMs: number): void {
    this.#nowMs += byMs
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs)
    for (const timer of due) timer.work()
  }
}

/** A disk whose writes and flushes fail while told to. */
export class FaultyFileSystem implements FileSystem {
  writeError: Error | null = null
  /** Bytes of a failing write that reach the file all the same. */
  tornBytes = 0
  synchronizeError: Error | null = null
  truncateError: Error | null = null
  wholeFileError: Error | null = null
  synchronizations = 0

  async open(file: string): Promise<LogFile> {
    return this.#wrap(await nodeFileSystem.open(file))
  }

  list = nodeFileSystem.list
  makeFolder = nodeFileSystem.makeFolder
  readWhole = nodeFileSystem.readWhole
  remove = nodeFileSystem.remove
  synchronizeFolder = nodeFileSystem.synchronizeFolder

  async writeWhole(file: string, content: Uint8Array): Promise<void> {
    if (this.wholeFileError !== null) throw this.wholeFileError
    await nodeFileSystem.writeWhole(file, content)
  }

  #wrap(file: LogFile): LogFile {
    const check = (chunks: readonly Uint8Array[], position: number): void => {
      if (this.writeError === null) return
      file.writeNow([Buffer.concat(chunks).subarray(0, this.tornBytes)], position)
      throw this.writeError
    }
    return {
      writeNow: (chunks, position) => {
        check(chunks, position)
        file.writeNow(chunks, position)
      },
      write: async (chunks, position) => {
        check(chunks, position)
        await file.write(chunks, position)
      },
      read: (target, position) => file.read(target, position),
      synchronize: async () => {
        this.synchronizations += 1
        if (this.synchronizeError !== null) throw this.synchronizeError
        await file.synchronize()
      },
      truncate: async (sizeBytes) => {
        if (this.truncateError !== null) throw this.truncateError
        await file.truncate(sizeBytes)
      },
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close(),
    }
  }
}

/** The error a full disk gives. */
export const fullDisk = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, writev'), { code: 'ENOSPC' })

/** A batch of records with the given values. */
export const batchOf = (
  values: readonly string[],
  options: BatchOptions & { readonly timestampMs?: number } = {},
): Buffer => {
  const encoder = new BatchEncoder()
  for (const value of values) encoder.append(null, Buffer.from(value), options.timestampMs ?? startMs)
  return encoder.finish(options)
}

/** A folder for one test, and logs opened in it. */
export class LogRig {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-log-'))
  readonly clock = new TestClock()
  readonly disk = new FaultyFileSystem()
  readonly lines: string[] = []
  readonly pool = new SlabPool({ slabBytes: 1024 * 1024, freeMax: 2, outBytesMax: 64 * 1024 * 1024 })
  readonly cacheRoom: TailCacheRoom
  durability: Durability = 'commit'
  config: TopicConfig = {}

  /** Without memory for the tail, every read goes to the files. */
  constructor(cacheBytes = 0) {
    this.cacheRoom = new TailCacheRoom(
      { partitionBytesMax: cacheBytes, brokerBytesMax: cacheBytes },
      this.pool,
    )
  }

  get environment(): LogEnvironment {
    return {
      fileSystem: this.disk,
      clock: this.clock,
      durability: this.durability,
      cutter: new SlabCutter(this.pool),
      cacheRoom: this.cacheRoom,
      report: (line) => this.lines.push(line),
    }
  }

  get logFolder(): string {
    return path.join(this.folder, '0')
  }

  /** Opens the log; what was open before is left as a crash leaves it. */
  open(): Promise<DiskLog> {
    return openLog(
      { topic: 'orders', partition: 0, folder: this.logFolder },
      logSettings(this.config),
      this.environment,
    )
  }

  files(ending: string): string[] {
    return fs.existsSync(this.logFolder)
      ? fs
          .readdirSync(this.logFolder)
          .filter((name) => name.endsWith(ending))
          .toSorted()
      : []
  }

  /** The path of the newest segment. */
  get activeFile(): string {
    return path.join(this.logFolder, this.files('.log').at(-1) ?? 'none')
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Appends one batch as a client does. */
export const append = (
  log: DiskLog,
  values: readonly string[],
  options: Parameters<typeof batchOf>[1] = {},
) => log.append(batchOf(values, options), { origin: 'client' })

/** Appends, and throws when that was refused. */
export const mustAppend = async (
  log: DiskLog,
  ...batches: (readonly string[])[]
): Promise<AppendOutcome[]> => {
  const outcomes: AppendOutcome[] = []
  for (const values of batches) {
    const outcome = await append(log, values)
    if (outcome.error !== 0) throw new Error(`append was refused: ${outcome.error} ${outcome.message}`)
    outcomes.push(outcome)
  }
  return outcomes
}

/** Base offsets of all batches that can be read from `offset` on. */
export const readOffsets = async (log: DiskLog, offset: bigint, maxBytes = 1 << 20): Promise<bigint[]> => {
  const offsets: bigint[] = []
  for (let next = offset; next < log.highWatermark; ) {
    const read = await log.read(next, maxBytes, true)
    if (read.error !== 0 || read.sizeBytes === 0) throw new Error(`read at ${next} gave error ${read.error}`)
    const bytes = Buffer.concat(read.chunks)
    read.release()
    for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
      offsets.push(bytes.readBigInt64BE(at))
      next = bytes.readBigInt64BE(at) + BigInt(bytes.readInt32BE(at + 23)) + 1n
    }
  }
  return offsets
}
