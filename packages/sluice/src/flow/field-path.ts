/**
 * Field paths: where a sink's option says which part of a record it takes (`event.sensor.id`, `meta.key`).
 *
 * A path is read once, when the pipeline opens, into a function that is called by row. Own properties only.
 */
import type { Rows } from './rows.ts'

/** Reads from a row; `body` is the row's body, which the caller has parsed if the path needs it. */
export type FieldReader = (rows: Rows, row: number, body: unknown) => unknown

export interface FieldPath {
  /** Whether the path leads into the body: else nobody has to parse it. */
  readonly fromBody: boolean
  readonly read: FieldReader
}

const metaReaders: Readonly<Record<string, FieldReader>> = {
  id: (rows, row) => rows.batch.idOf(rows.recordOf(row)),
  key: (rows, row) => rows.batch.keyTextOf(rows.recordOf(row)),
  time: (rows, row) => rows.batch.timeOf(rows.recordOf(row)),
  lane: (rows) => rows.batch.origin.lane,
  topic: (rows) => rows.batch.origin.stream,
  offset: (rows, row) => rows.batch.numberOf(rows.recordOf(row)),
}

/** Names that may follow `meta.`; `meta.headers.NAME` besides. */
export const metaFields: readonly string[] = [...Object.keys(metaReaders), 'headers']

const headerReader =
  (name: string): FieldReader =>
  (rows, row) => {
    for (const header of rows.batch.headersOf(rows.recordOf(row))) {
      if (header.key === name && header.value !== null) return Buffer.from(header.value).toString()
    }
    return null
  }

/** An own property of an object; undefined for anything else. */
const ownProperty = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined

const bodyReader = (first: string | undefined, rest: readonly string[]): FieldReader => {
  if (first === undefined) return (_rows, _row, body) => body
  if (rest.length === 0) return (_rows, _row, body) => ownProperty(body, first)
  return (_rows, _row, body) => rest.reduce(ownProperty, ownProperty(body, first))
}

const metaReader = (first: string | undefined, rest: readonly string[]): FieldReader | undefined => {
  if (first === undefined) return undefined
  if (first === 'headers') return rest.length === 0 ? undefined : headerReader(rest.join('.'))
  return rest.length === 0 ? metaReaders[first] : undefined
}

/** Reads a path; undefined where the text is none. */
export const parseFieldPath = (text: string): FieldPath | undefined => {
  const [root, first, ...rest] = text.split('.')
  if ([root, first, ...rest].some((part) => part === '')) return undefined
  if (root === 'event') return { fromBody: true, read: bodyReader(first, rest) }
  const read = root === 'meta' ? metaReader(first, rest) : undefined
  return read === undefined ? undefined : { fromBody: false, read }
}
