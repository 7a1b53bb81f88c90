/** Moves positions of files by hand: to a time, past a line. Looks through the file; nothing is delivered. */
import { join } from 'node:path'
import type { OpenContext } from '../../flow/connector.ts'
import type { PositionTools } from '../../flow/source.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { openFile, readBytes } from './bytes.ts'
import { findFiles } from './discover.ts'
import { layoutOf } from './layout.ts'
import { type FileOptions, readFileOptions } from './options.ts'
import { type FilePosition, headOf, parseFilePosition, startPosition } from './position.ts'
import { shiftOf } from './shift.ts'
import { type RawRecord, RecordSplitter } from './splitter.ts'

const headBytes = 1_024

/** Whether to go past this record. The time is asked for only where it is needed: it has to be parsed. */
type GoPast = (record: RawRecord, time: () => number | null) => boolean

/** The position at the first record that `goPast` refuses; the end of the file where there is none. */
const seek = async (
  path: string,
  lane: string,
  options: FileOptions,
  goPast: GoPast,
): Promise<FilePosition> => {
  await using file = await openFile(path)
  const start = await startPosition(file, 0, true)
  const layout = await layoutOf(file, path, lane, options, true)
  if (start === null || layout === null) {
    throw fault('SOURCE_UNAVAILABLE', { source: lane, problem: 'it has no first line yet' })
  }
  const splitter = new RecordSplitter({
    delimiter: layout.delimiter,
    bytesMax: options.recordBytesMax,
    startByte: layout.firstByte,
    startLine: layout.firstLine,
  })
  const timeOf = (record: RawRecord): number | null => {
    const [parsed] = layout.parse([record])
    if (parsed === undefined || parsed.problem !== null || options.readTime === null) return null
    const time = options.readTime(parsed.body)
    return typeof time === 'number' ? time : null
  }
  let at = { byte: layout.firstByte, line: layout.firstLine }
  await using bytes = await readBytes(file, path, layout.firstByte)
  for (let final = false; ; ) {
    const record = splitter.next(final)
    if (record !== null) {
      if (!goPast(record, () => timeOf(record))) break
      at = { byte: record.endByte, line: record.nextLine }
    } else if (final) break
    else {
      const chunk = await bytes.read()
      if (chunk !== null) splitter.push(chunk)
      // The last line of a file that grows may not be complete: it is not passed.
      else if (options.follow && !bytes.compressed) break
      else final = true
    }
  }
  return {
    ...start,
    ...at,
    head: await headOf(file, bytes.compressed ? headBytes : Math.min(headBytes, at.byte)),
  }
}

/** Opens the tools. @throws fault OPTION_INVALID */
export const openFilePositions = async (options: unknown, context: OpenContext): Promise<PositionTools> => {
  const file = readFileOptions(options, context.baseDirectory)
  const seekIn = async (lane: string, goPast: GoPast): Promise<string> => {
    try {
      const { folder } = await findFiles(file.path)
      return JSON.stringify(await seek(join(folder, lane), lane, file, goPast))
    } catch (error) {
      throw fault('SOURCE_UNAVAILABLE', { source: lane, problem: messageOf(error) }, error)
    }
  }
  return {
    lanes: async () => {
      const { lanes } = await findFiles(file.path)
      return Promise.all(
        lanes.map(async (lane) => ({
          lane,
          earliest: await seekIn(lane, () => false),
          latest: await seekIn(lane, () => true),
        })),
      )
    },
    at: async (lane, timeMs) => {
      if (file.readTime === null) {
        throw fault('OPTION_INVALID', {
          connector: 'file',
          option: 'timestamp',
          problem: 'without it the records have no time to go to',
        })
      }
      const shiftMs = file.shift ? await shiftOf(file, context.clock.now()) : 0
      return seekIn(lane, (_record, time) => (time() ?? Number.NEGATIVE_INFINITY) + shiftMs < timeMs)
    },
    past: (lane, number) => seekIn(lane, (record) => BigInt(record.line) <= number),
    // Lines, which for most files are records; a file that was replaced cannot be compared.
    distance: (from, to) => {
      const [before, after] = [from === null ? undefined : parseFilePosition(from), parseFilePosition(to)]
      if (after === undefined) return null
      if (before === undefined) return from === null ? after.line - 1 : null
      return before.id === after.id ? after.line - before.line : null
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
