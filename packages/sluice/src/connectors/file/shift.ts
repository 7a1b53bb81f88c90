/** How far the times of old files must be moved so that their last record is now. */
import { join } from 'node:path'
import { openFile, readBytes } from './bytes.ts'
import { findFiles } from './discover.ts'
import { layoutOf } from './layout.ts'
import type { FileOptions } from './options.ts'
import { RecordSplitter } from './splitter.ts'

/** The latest time is looked for in so many last bytes of a file. */
const tailBytes = 512 * 1024

/** The latest event time near the end of a file; null where there is none. */
const latestTime = async (path: string, lane: string, options: FileOptions): Promise<number | null> => {
  const { readTime } = options
  if (readTime === null) return null
  await using file = await openFile(path)
  const layout = await layoutOf(file, path, lane, options, true)
  if (layout === null) return null
  const { size } = await file.stat()
  await using whole = await readBytes(file, path, layout.firstByte)
  // A compressed file has to be read from its beginning; of a plain one only the end is.
  const from = whole.compressed ? layout.firstByte : Math.max(layout.firstByte, size - tailBytes)
  await using reader = await readBytes(file, path, from)
  let tail = Buffer.alloc(0)
  let cut = from > layout.firstByte
  for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
    tail = Buffer.concat([tail, chunk])
    if (tail.length > 2 * tailBytes) {
      tail = tail.subarray(-tailBytes)
      cut = true
    }
  }
  const begin = cut ? tail.indexOf(10) + 1 : 0
  return latestOf(tail.subarray(begin), layout, options.recordBytesMax, readTime)
}

const latestOf = (
  bytes: Buffer,
  layout: NonNullable<Awaited<ReturnType<typeof layoutOf>>>,
  bytesMax: number,
  readTime: NonNullable<FileOptions['readTime']>,
): number | null => {
  const splitter = new RecordSplitter({ delimiter: layout.delimiter, bytesMax, startByte: 1, startLine: 1 })
  splitter.push(bytes)
  const records = []
  for (let record = splitter.next(true); record !== null; record = splitter.next(true)) records.push(record)
  let latest: number | null = null
  for (const parsed of layout.parse(records)) {
    if (parsed.problem !== null) continue
    const time = readTime(parsed.body)
    if (typeof time === 'number' && (latest === null || time > latest)) latest = time
  }
  return latest
}

/** How far all files of a source are to be moved, so that their last record is at `nowMs`; 0 where none has a time. */
export const shiftOf = async (options: FileOptions, nowMs: number): Promise<number> => {
  const { folder, lanes } = await findFiles(options.path)
  let latest: number | null = null
  for (const lane of lanes) {
    const time = await latestTime(join(folder, lane), lane, options)
    if (time !== null && (latest === null || time > latest)) latest = time
  }
  return latest === null ? 0 : nowMs - latest
}

/** The one shift that all files of a source share. */
export class SharedShift {
  readonly #compute: () => Promise<number>
  #known: number | null = null
  #computing: Promise<number> | null = null

  constructor(compute: () => Promise<number>) {
    this.#compute = compute
  }

  /** A position that was committed carries the shift with which it was made: all go on with that. */
  adopt(shiftMs: number): void {
    this.#known ??= shiftMs
  }

  async get(): Promise<number> {
    if (this.#known !== null) return this.#known
    this.#computing ??= this.#compute()
    try {
      this.#known = await this.#computing
      return this.#known
    } finally {
      this.#computing = null
    }
  }
}
