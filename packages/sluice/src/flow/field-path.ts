/**
 * Field paths: where a sink's option says which part of a record it takes (`event.sensor.id`, `meta.key`).
 *
 * A path is read once, when the pipeline opens, into a function that is called by row. Own properties only.
 */
import type { Rows } from './rows.ts'

export type FieldReader = (rows: Rows, row: number) => unknown

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

/** Reads a path; undefined where the text is none. */
export const parseFieldPath = (text: string): FieldReader | undefined => {
  const [root, first, ...rest] = text.split('.')
  if ([root, first, ...rest].some((part) => part === '')) return undefined
  if (root === 'meta' && first !== undefined) {
    if (first === 'headers') return rest.length === 0 ? undefined : headerReader(rest.join('.'))
    return rest.length === 0 ? metaReaders[first] : undefined
  }
  if (root !== 'event') return undefined
  if (first === undefined) return (rows, row) => rows.bodyOf(row)
  if (rest.length === 0) return (rows, row) => ownProperty(rows.bodyOf(row), first)
  return (rows, row) => rest.reduce(ownProperty, ownProperty(rows.bodyOf(row), first))
}
