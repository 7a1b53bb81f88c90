/**
 * Writes encoded rows inside a transaction: `COPY` into the table, or, where there is a key, into a temporary table
 * and from there by one statement. Which rows were there already comes back.
 */
import type { SqlSession } from '../../flow/commit.ts'
import type { Rows } from '../../flow/rows.ts'
import { type Fault, fault } from '../../kernel/faults/index.ts'
import { columnRefusal, copyNull, encoderOf } from './columns.ts'
import { quote, type TableShape } from './table.ts'

/** Rows as `COPY` lines, by row number; a row that cannot be encoded is refused instead. */
export interface EncodedRows {
  /** Row numbers of `lines`. */
  readonly rows: readonly number[]
  readonly lines: readonly string[]
  readonly refused: readonly { readonly row: number; readonly reason: Fault }[]
}

export interface TableWriter {
  encode(rows: Rows): EncodedRows
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

const encodeWith =
  (shape: TableShape, lead: (row: number, rows: Rows) => string) =>
  (rows: Rows): EncodedRows => {
    const columns = shape.columns.map((column) => ({ ...column, encode: encoderOf(column.type) }))
    const keyed = new Set(shape.key)
    const needsBody = columns.some((column) => column.fromBody)
    const encoded: { rows: number[]; lines: string[]; refused: { row: number; reason: Fault }[] } = {
      rows: [],
      lines: [],
      refused: [],
    }
    for (let row = 0; row < rows.count; row++) {
      let line = lead(row, rows)
      let at = ''
      try {
        const body = needsBody ? rows.bodyOf(row) : null
        const isTombstone = keyed.size > 0 && rows.batch.isTombstone(rows.recordOf(row))
        if (needsBody && !isTombstone && !isObject(body)) throw bodyNeeded(body)
        for (const [i, column] of columns.entries()) {
          at = column.name
          // A tombstone has no body: what tells its row apart is the record's own key.
          const value =
            isTombstone && keyed.size === 1 && keyed.has(column.name)
              ? rows.batch.keyTextOf(rows.recordOf(row))
              : column.read(rows, row)
          const text = column.encode(value)
          if (text === copyNull && keyed.has(column.name)) throw new TypeError('a key must not be null')
          line += i === 0 ? text : `\t${text}`
        }
        encoded.rows.push(row)
        encoded.lines.push(line)
      } catch (error) {
        encoded.refused.push({ row, reason: columnRefusal(at, error) })
      }
    }
    return encoded
  }

/** Without a key: straight into the table. */
const plainWriter = (shape: TableShape): TableWriter => {
  const statement = `copy ${shape.table} (${columnList(shape)}) from stdin`
  return {
    encode: encodeWith(shape, () => ''),
    write: async (session, { lines }) => {
      if (lines.length > 0) await session.copyIn(statement, `${lines.join('\n')}\n`)
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
    encode: encodeWith(
      shape,
      (row, rows) => `${row}\t${rows.batch.isTombstone(rows.recordOf(row)) ? 't' : 'f'}\t`,
    ),
    write: async (session, { lines }) => {
      if (lines.length === 0) return []
      await session.query(createStage, [])
      await session.copyIn(copyStage, `${lines.join('\n')}\n`)
      const deletes = lines.some((line) => line.slice(0, 24).split('\t')[1] === 't')
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
