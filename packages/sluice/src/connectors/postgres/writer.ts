/**
 * Writes encoded rows inside a transaction: `COPY` into the table, or, where there is a key, into a temporary table
 * and from there by one statement. Which rows were there already comes back.
 */
import type { RefusedRow, SqlSession } from '../../flow/commit.ts'
import type { Rows } from '../../flow/rows.ts'
import { type Fault, fault, isFault } from '../../kernel/faults/index.ts'
import { columnRefusal, copyNull, encoderOf } from './columns.ts'
import { quote, type TableShape } from './table.ts'

/** Rows in `COPY`'s text format; a row that cannot be encoded is refused instead. */
export interface EncodedRows {
  /** Row numbers of the lines in `text`. */
  readonly rows: readonly number[]
  readonly text: Buffer
  /** Whether there is a row that deletes. */
  readonly deletes: boolean
  readonly refused: readonly RefusedRow[]
}

export interface TableWriter {
  /** Encodes the given rows, or all of them. */
  encode(rows: Rows, chosen?: readonly number[]): EncodedRows
  /** Writes lines in the session's open transaction; resolves to the row numbers that were there already. */
  write(session: SqlSession, encoded: EncodedRows): Promise<readonly number[]>
}

const columnList = (shape: TableShape): string => shape.columns.map((column) => quote(column.name)).join(', ')

const isObject = (body: unknown): boolean => typeof body === 'object' && body !== null && !Array.isArray(body)

const bodyNeeded = (body: unknown): Fault =>
  fault('RECORD_REFUSED', {
    part: 'table',
    problem:
      body === null
        ? 'a record without a body deletes a row only where the sink has a `key`'
        : `the body is ${Array.isArray(body) ? 'a list' : `a ${typeof body}`}; columns are read from an object`,
  })

// Lines are gathered in a string of about this size and then turned to bytes: garbage stays young.
const chunkChars = 64 * 1024

/** Gathers lines into bytes. */
class CopyText {
  readonly #chunks: Buffer[] = []
  #open = ''

  add(line: string): void {
    this.#open += line
    if (this.#open.length >= chunkChars) {
      this.#chunks.push(Buffer.from(this.#open))
      this.#open = ''
    }
  }

  finish(): Buffer {
    return Buffer.concat([...this.#chunks, Buffer.from(this.#open)])
  }
}

/** Encodes one row; returns its line. @throws fault RECORD_REFUSED, BODY_NOT_JSON */
type EncodeRow = (rows: Rows, row: number, deletes: boolean) => string

const rowEncoder = (shape: TableShape, staged: boolean): EncodeRow => {
  const keyed = new Set(shape.key)
  const columns = shape.columns.map((column) => ({
    ...column,
    encode: encoderOf(column.type),
    isKey: keyed.has(column.name),
  }))
  const needsBody = columns.some((column) => column.fromBody)
  return (rows, row, deletes) => {
    const body = needsBody ? rows.takeBodyOf(row) : null
    if (needsBody && !deletes && !isObject(body)) throw bodyNeeded(body)
    let line = staged ? `${row}\t${deletes ? 't' : 'f'}\t` : ''
    let at = ''
    try {
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i]
        if (column === undefined) break
        at = column.name
        // A tombstone has no body: what tells its row apart is the record's own key.
        const isKeyOfTombstone = deletes && column.isKey && keyed.size === 1
        const value = isKeyOfTombstone
          ? rows.batch.keyTextOf(rows.recordOf(row))
          : column.read(rows, row, body)
        const text = column.encode(value)
        if (column.isKey && text === copyNull) throw new TypeError('a key must not be null')
        line += i === 0 ? text : `\t${text}`
      }
    } catch (error) {
      throw columnRefusal(at, error)
    }
    return `${line}\n`
  }
}

const encodeWith = (shape: TableShape, staged: boolean): TableWriter['encode'] => {
  const encodeRow = rowEncoder(shape, staged)
  return (rows, chosen) => {
    const text = new CopyText()
    const encoded: { rows: number[]; deletes: boolean; refused: RefusedRow[] } = {
      rows: [],
      deletes: false,
      refused: [],
    }
    const count = chosen?.length ?? rows.count
    for (let i = 0; i < count; i++) {
      const row = chosen?.[i] ?? i
      const deletes = staged && rows.batch.isTombstone(rows.recordOf(row))
      try {
        text.add(encodeRow(rows, row, deletes))
        encoded.rows.push(row)
        if (deletes) encoded.deletes = true
      } catch (error) {
        if (!isFault(error)) throw error
        encoded.refused.push({ row, reason: error })
      }
    }
    return { ...encoded, text: text.finish() }
  }
}

/** Without a key: straight into the table. */
const plainWriter = (shape: TableShape): TableWriter => {
  const statement = `copy ${shape.table} (${columnList(shape)}) from stdin`
  return {
    encode: encodeWith(shape, false),
    write: async (session, { text }) => {
      if (text.length > 0) await session.copyIn(statement, text)
      return []
    },
  }
}

/** With a key: through a temporary table that empties itself at the end of the transaction. */
const keyedWriter = (shape: TableShape, stage: string): TableWriter => {
  const names = columnList(shape)
  const keys = shape.key.map(quote).join(', ')
  const sameKey = (a: string, b: string): string =>
    shape.key.map((name) => `${a}.${quote(name)} = ${b}.${quote(name)}`).join(' and ')
  const others = shape.columns.filter((column) => !shape.key.includes(column.name))
  const update = others.map((column) => `${quote(column.name)} = excluded.${quote(column.name)}`).join(', ')
  const createStage = `create temporary table if not exists ${stage} on commit delete rows as
    select 0::int as sluice_row, false as sluice_deletes, ${names} from ${shape.table} with no data`
  const copyStage = `copy ${stage} (sluice_row, sluice_deletes, ${names}) from stdin`
  const upsert = `with newest as (select distinct on (${keys}) * from ${stage} order by ${keys}, sluice_row desc)
    insert into ${shape.table} (${names}) select ${names} from newest where not sluice_deletes
    on conflict (${keys}) do ${update === '' ? 'nothing' : `update set ${update}`}`
  const remove = `with newest as (select distinct on (${keys}) * from ${stage} order by ${keys}, sluice_row desc)
    delete from ${shape.table} held using newest where newest.sluice_deletes and ${sameKey('held', 'newest')}`
  const insertNew = `with oldest as (select distinct on (${keys}) * from ${stage} where not sluice_deletes order by ${keys}, sluice_row),
    added as (insert into ${shape.table} (${names}) select ${names} from oldest on conflict (${keys}) do nothing returning ${keys})
    select stage.sluice_row as row from ${stage} stage
    left join oldest on oldest.sluice_row = stage.sluice_row
    left join added on ${sameKey('added', 'oldest')}
    where not stage.sluice_deletes and added is null`
  return {
    encode: encodeWith(shape, true),
    write: async (session, { text, deletes }) => {
      if (text.length === 0) return []
      await session.query(createStage, [])
      await session.copyIn(copyStage, text)
      let there: readonly number[] = []
      if (shape.onConflict === 'ignore') {
        const result = await session.query(insertNew, [])
        there = result.rows.map((found) => Number(found['row']))
      } else {
        await session.query(upsert, [])
      }
      if (deletes) await session.query(remove, [])
      // A second write in the same transaction (the search for a refused row) starts from an empty stage.
      await session.query(`delete from ${stage}`, [])
      return there
    },
  }
}

export const tableWriter = (shape: TableShape): TableWriter =>
  shape.key.length === 0
    ? plainWriter(shape)
    : keyedWriter(shape, `pg_temp.${quote(`stage ${shape.table}`.slice(0, 60))}`)
