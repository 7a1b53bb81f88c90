/** How the records of one file are laid out: its format, its columns, where the first record begins. */
import type { FileHandle } from 'node:fs/promises'
import { fault } from '../../kernel/faults/index.ts'
import { type ByteReader, readBytes } from './bytes.ts'
import {
  type Body,
  columnNames,
  delimiterOf,
  formatOf,
  parseCsv,
  parseHeader,
  parseLines,
  parseNdjson,
} from './formats.ts'
import type { FileOptions } from './options.ts'
import { type RawRecord, RecordSplitter } from './splitter.ts'

export interface Layout {
  /** null for formats of one record a line. */
  readonly delimiter: string | null
  /** Byte and line of the first record: behind the header, where there is one. */
  readonly firstByte: number
  readonly firstLine: number
  readonly parse: (records: readonly RawRecord[]) => Body[]
}

const firstByteOf = async (file: FileHandle, path: string): Promise<number | undefined> => {
  await using bytes = await readBytes(file, path, 0)
  const chunk = await bytes.read()
  return chunk?.find((byte) => byte > 0x20 && byte < 0x80)
}

/** The first record of a file; null where there is none (yet). */
const firstRecord = async (
  reader: ByteReader,
  delimiter: string,
  bytesMax: number,
  final: boolean,
): Promise<RawRecord | null> => {
  const splitter = new RecordSplitter({ delimiter, bytesMax, startByte: 0, startLine: 1 })
  for (;;) {
    const record = splitter.next(false)
    if (record !== null) return record
    const chunk = await reader.read()
    if (chunk === null) return final ? splitter.next(true) : null
    splitter.push(chunk)
  }
}

/**
 * Finds out how a file is laid out; null while there is not enough of it to tell.
 * @throws fault SOURCE_UNAVAILABLE where a CSV header cannot be read
 */
export const layoutOf = async (
  file: FileHandle,
  path: string,
  name: string,
  options: FileOptions,
  final: boolean,
): Promise<Layout | null> => {
  const format = options.format === 'auto' ? formatOf(name, await firstByteOf(file, path)) : options.format
  if (format !== 'csv') {
    return {
      delimiter: null,
      firstByte: 0,
      firstLine: 1,
      parse: format === 'ndjson' ? parseNdjson : parseLines,
    }
  }
  const delimiter = delimiterOf(name, options.delimiter)
  const csv = (columns: readonly string[], firstByte: number, firstLine: number): Layout => ({
    delimiter,
    firstByte,
    firstLine,
    parse: (records) =>
      parseCsv(records, {
        delimiter,
        columns,
        firstColumn: options.firstColumn,
        nulls: options.nulls,
        types: options.types,
      }),
  })
  if (!options.header && options.columns !== undefined) return csv(columnNames(options.columns), 0, 1)
  await using reader = await readBytes(file, path, 0)
  const first = await firstRecord(reader, delimiter, options.recordBytesMax, final)
  if (first === null) return null
  const header = parseHeader(first, delimiter)
  const names = options.columns ?? header
  if (typeof names === 'string') {
    throw fault('SOURCE_UNAVAILABLE', { source: name, problem: `its header cannot be read: ${names}` })
  }
  // Without a header and without names, columns are called by their number.
  return options.header
    ? csv(columnNames(names), first.endByte, first.nextLine)
    : csv(columnNames(names.map(() => '')), 0, 1)
}
