/** Makes bodies of raw records: CSV by its columns, NDJSON, lines of text. Pure; what cannot be read has a problem. */
import { parse } from 'csv-parse/sync'
import { messageOf } from '../../kernel/faults/index.ts'
import type { RawRecord } from './splitter.ts'

export type Format = 'csv' | 'ndjson' | 'lines'
export type ColumnType = 'auto' | 'text' | 'number' | 'boolean'

export type Body =
  | {
      readonly body: unknown
      readonly problem: null /** Bytes that say the body, where they need no writing. */
      readonly bytes: Buffer | null
    }
  | { readonly problem: string }

/** The format of a file by its name, else by its first byte. */
export const formatOf = (name: string, firstByte: number | undefined): Format => {
  const plain = name.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv)$/.test(plain)) return 'csv'
  if (/\.(ndjson|jsonl|json)$/.test(plain)) return 'ndjson'
  return firstByte === 0x7b ? 'ndjson' : 'lines'
}

export const delimiterOf = (name: string, option: string | undefined): string =>
  option ?? (/\.tsv(\.gz)?$/i.test(name) ? '\t' : ',')

const splitFields = (bytes: Buffer, delimiter: string): string[][] => {
  const rows: unknown = parse(bytes, { delimiter, relax_column_count: true, skip_empty_lines: true })
  return isTable(rows) ? rows : []
}

const isTable = (value: unknown): value is string[][] =>
  Array.isArray(value) &&
  value.every((row) => Array.isArray(row) && row.every((field) => typeof field === 'string'))

/** The fields of each record, or why it has none. Many at once, as one call is much cheaper than many. */
const fieldsOf = (records: readonly RawRecord[], delimiter: string): (string[] | string)[] => {
  const good = records.filter(({ problem }) => problem === null)
  const end = Buffer.from('\n')
  try {
    const rows = splitFields(Buffer.concat(good.flatMap(({ bytes }) => [bytes, end])), delimiter)
    if (rows.length === good.length) {
      const left = rows.values()
      return records.map(({ problem }) => problem ?? left.next().value ?? 'the line has no fields')
    }
  } catch {
    // One of them spoils the lot: they are parsed one by one, so that the others are had.
  }
  return records.map((record) => {
    if (record.problem !== null) return record.problem
    try {
      return splitFields(record.bytes, delimiter)[0] ?? 'the line has no fields'
    } catch (error) {
      return messageOf(error)
    }
  })
}

/** Names for every column: none empty, none twice. */
export const columnNames = (header: readonly string[]): string[] => {
  const taken = new Set<string>()
  return header.map((text, i) => {
    const plain = text.trim() === '' ? `column_${i + 1}` : text.trim()
    let name = plain
    for (let n = 2; taken.has(name); n++) name = `${plain}_${n}`
    taken.add(name)
    return name
  })
}

export interface CsvOptions {
  readonly delimiter: string
  readonly columns: readonly string[]
  /** Name of the first column on lines that have one field more than there are columns. */
  readonly firstColumn: string | undefined
  readonly nulls: ReadonlySet<string>
  readonly types: Readonly<Record<string, ColumnType>>
}

const numberPattern = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
}

/** A number that is exactly what the text says, as far as a double can; undefined for anything else. */
const numberOf = (text: string): number | undefined => {
  if (!numberPattern.test(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
}

/** The value of a field; a sentence where it is not of its type. */
const typed = (text: string, type: ColumnType, nulls: ReadonlySet<string>): { value: unknown } | string => {
  if (nulls.has(text)) return { value: null }
  if (type === 'text') return { value: text }
  const number = numberOf(text)
  if (type !== 'boolean' && number !== undefined) return { value: number }
  const boolean = Object.hasOwn(booleans, text) ? booleans[text] : undefined
  if (type !== 'number' && boolean !== undefined) return { value: boolean }
  return type === 'auto' ? { value: text } : `${JSON.stringify(text.slice(0, 100))} is no ${type}`
}

const csvBody = (fields: readonly string[], options: CsvOptions): Body => {
  const { columns, firstColumn, types, nulls } = options
  const names =
    firstColumn !== undefined && fields.length === columns.length + 1 ? [firstColumn, ...columns] : columns
  if (fields.length !== names.length) {
    return { problem: `it has ${fields.length} field(s), not ${names.length}` }
  }
  const entries: [string, unknown][] = []
  for (const [i, name] of names.entries()) {
    const result = typed(fields[i] ?? '', types[name] ?? 'auto', nulls)
    if (typeof result === 'string') return { problem: `${name}: ${result}` }
    entries.push([name, result.value])
  }
  return { body: Object.fromEntries(entries), problem: null, bytes: null }
}

export const parseCsv = (records: readonly RawRecord[], options: CsvOptions): Body[] =>
  fieldsOf(records, options.delimiter).map((fields) =>
    typeof fields === 'string' ? { problem: fields } : csvBody(fields, options),
  )

/** The names in a header, or why there are none. */
export const parseHeader = (record: RawRecord, delimiter: string): string[] | string => {
  const [fields] = fieldsOf([record], delimiter)
  return fields === undefined || typeof fields === 'string'
    ? (fields ?? 'the header is empty')
    : columnNames(fields)
}

export const parseNdjson = (records: readonly RawRecord[]): Body[] =>
  records.map(({ bytes, problem }) => {
    if (problem !== null) return { problem }
    try {
      const body: unknown = JSON.parse(bytes.toString())
      return { body, problem: null, bytes }
    } catch (error) {
      return { problem: `it is not JSON: ${messageOf(error)}` }
    }
  })

export const parseLines = (records: readonly RawRecord[]): Body[] =>
  records.map(({ bytes, problem }) =>
    problem === null ? { body: { message: bytes.toString() }, problem: null, bytes: null } : { problem },
  )
