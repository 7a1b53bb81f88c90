/** The options of the file source, read once: units, zones and names become what the reader works with. */
import { resolve } from 'node:path'
import { fromParts, parseTime, type TimeParts, zoneOffset } from '../event-time.ts'
import { fieldOf } from '../fields.ts'
import { checkedOptions, optionInvalid, refuseProblems, sizeBytesOf } from '../options.ts'
import { fileProblems, fileSourceOptions } from './definition.ts'
import type { ColumnType } from './formats.ts'

/** Reads the event time out of a body: milliseconds, or why there is none. */
export type ReadTime = (body: unknown) => number | string

export interface FileOptions {
  /** Absolute. */
  readonly path: string
  readonly format: 'auto' | 'csv' | 'ndjson' | 'lines'
  readonly follow: boolean
  readonly delimiter: string | undefined
  readonly header: boolean
  readonly columns: readonly string[] | undefined
  readonly firstColumn: string | undefined
  readonly nulls: ReadonlySet<string>
  readonly types: Readonly<Record<string, ColumnType>>
  readonly key: string | undefined
  readonly readTime: ReadTime | null
  /** Name under which the event time is added to the body. */
  readonly timeAs: string | undefined
  readonly shift: boolean
  readonly ratePerSecond: number | null
  readonly speed: number | null
  readonly recordBytesMax: number
}

const wholeNumber = (value: unknown): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) ? number : null
}

interface TimeOptions {
  readonly field?: string
  readonly fields?: Readonly<Partial<Record<keyof TimeParts, string>>>
  readonly format: string
  readonly zone: string
}

const timeReader = (options: TimeOptions): ReadTime => {
  const { field, fields, zone } = options
  const offset = zoneOffset(zone)
  if (offset === undefined) throw optionInvalid('file', 'timestamp.zone', `there is no zone ${zone}`)
  if (field !== undefined) {
    const format =
      options.format === 'iso' || options.format === 'epoch_s' || options.format === 'epoch_ms'
        ? options.format
        : 'auto'
    return (body) => {
      const value = fieldOf(body, field)
      return (
        parseTime(value, format, offset) ?? `${field} is no time: ${JSON.stringify(value)?.slice(0, 100)}`
      )
    }
  }
  const names = fields ?? {}
  return (body) => {
    const part = (name: keyof TimeParts): number | null => {
      const column = names[name]
      return column === undefined ? 0 : wholeNumber(fieldOf(body, column))
    }
    const [year, month, day] = [part('year'), part('month'), part('day')]
    const [hour, minute, second] = [part('hour'), part('minute'), part('second')]
    if (
      year === null ||
      month === null ||
      day === null ||
      hour === null ||
      minute === null ||
      second === null
    ) {
      return 'a part of the time is no whole number'
    }
    return (
      fromParts({ year, month, day, hour, minute, second, millisecond: 0 }, offset) ??
      'there is no such day or hour'
    )
  }
}

/** @throws fault OPTION_INVALID */
export const readFileOptions = (options: unknown, baseDirectory: string): FileOptions => {
  refuseProblems('file', fileProblems(options))
  const checked = checkedOptions(fileSourceOptions, options, 'file')
  const { timestamp } = checked
  const time = typeof timestamp === 'string' ? { field: timestamp, format: 'auto', zone: 'UTC' } : timestamp
  const readTime = time === undefined ? null : timeReader(time)
  const isFormat = (text: string): text is FileOptions['format'] =>
    ['auto', 'csv', 'ndjson', 'lines'].includes(text)
  const isType = (text: string): text is ColumnType => ['auto', 'text', 'number', 'boolean'].includes(text)
  const types: Record<string, ColumnType> = {}
  for (const [name, type] of Object.entries(checked.types ?? {})) if (isType(type)) types[name] = type
  return {
    path: resolve(baseDirectory, checked.path),
    format: isFormat(checked.format) ? checked.format : 'auto',
    follow: checked.follow,
    delimiter: checked.delimiter,
    header: checked.header,
    columns: checked.columns,
    firstColumn: checked.first_column,
    nulls: new Set(checked.nulls),
    types,
    key: checked.key,
    readTime,
    timeAs: typeof time === 'object' && 'as' in time ? time.as : undefined,
    shift: checked.shift_to !== undefined,
    ratePerSecond: checked.rate ?? null,
    speed: checked.speed ?? null,
    recordBytesMax: sizeBytesOf('file', 'max_record', checked.max_record),
  }
}
