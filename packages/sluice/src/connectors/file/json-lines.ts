/** Rows as lines of JSON: one value a line, numbers as they came, the record id beside them where asked for. Pure. */
import type { RefusedRow } from '../../flow/commit.ts'
import type { Rows } from '../../flow/rows.ts'
import { isFault } from '../../kernel/faults/index.ts'
import { isObject } from '../fields.ts'

export interface Lines {
  readonly bytes: Buffer
  readonly refused: readonly RefusedRow[]
}

/** Whole numbers beyond 2^53 are written as text of their digits, so that none is lost. */
const plainBigInts = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

const textOf = (body: unknown): string => JSON.stringify(body, plainBigInts) ?? 'null'

/** The text of a row's body; bytes that no step changed stay as they are, but for line ends, which JSON has between values only. */
const bodyText = (rows: Rows, row: number, body: unknown): string => {
  if (rows.bodies !== undefined) return textOf(body)
  const value = rows.batch.valueOf(rows.recordOf(row))
  return value === null
    ? 'null'
    : value
        .toString()
        .replaceAll(/[\r\n]+/g, ' ')
        .trim()
}

/** Puts the id in front of an object's fields; anything else goes into the field `value`. */
const withId = (text: string, body: unknown, idField: string, id: string): string => {
  const head = `{${JSON.stringify(idField)}:${JSON.stringify(id)}`
  if (!isObject(body)) return `${head},"value":${text}}`
  if (Object.hasOwn(body, idField)) return textOf({ ...body, [idField]: id })
  return Object.keys(body).length === 0 ? `${head}}` : `${head},${text.slice(1)}`
}

/** Encodes rows; those whose body is not JSON are refused. */
export const encodeLines = (rows: Rows, idField: string | undefined): Lines => {
  const refused: RefusedRow[] = []
  const lines: string[] = []
  for (let row = 0; row < rows.count; row++) {
    try {
      const body = rows.bodyOf(row)
      const text = bodyText(rows, row, body)
      const id = idField === undefined ? null : rows.batch.idOf(rows.recordOf(row))
      lines.push(idField === undefined || id === null ? text : withId(text, body, idField, id))
    } catch (error) {
      if (!isFault(error) || error.recovery !== 'poison') throw error
      refused.push({ row, reason: error })
    }
  }
  return { bytes: Buffer.from(lines.length === 0 ? '' : `${lines.join('\n')}\n`), refused }
}
