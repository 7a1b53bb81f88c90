/**
 * Opens the postgres sink: rows, position, ledger and dead letters in one transaction under the lane's epoch.
 *
 * - First the fence, then the rows, then the record of the commit: a lane that was taken over writes nothing.
 * - When the database refuses the data (SQLSTATE class 22, 23 or 54), the batch is halved under savepoints until the
 *   rows at fault stand alone; they become dead letters, all others are written in the same transaction.
 * - An unknown outcome (the connection broke in `commit`) is repeated: the fence then tells whether it held.
 */
import type { CommitInSink, SqlDatabase, SqlSession, WriteResult } from '../../flow/commit.ts'
import type { OpenContext } from '../../flow/connector.ts'
import type { Rows } from '../../flow/rows.ts'
import type { SinkSession } from '../../flow/sink.ts'
import { fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import { type PostgresOptions, prepareTable, shapeOf } from './table.ts'
import { type EncodedRows, type TableWriter, tableWriter } from './writer.ts'

/** SQLSTATE of an error that the database answered; '' for any other. */
const sqlState = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** The data itself is refused: 22 data exception, 23 integrity constraint, 54 program limit (nesting, index row size). */
const isDataError = (error: unknown): boolean => /^(22|23|54)[0-9A-Z]{3}$/.test(sqlState(error))

/** Writes what it can of `chosen`; halves it under savepoints to find the rows that the database refuses. */
const writeApart = async (
  session: SqlSession,
  writer: TableWriter,
  rows: Rows,
  chosen: readonly number[],
): Promise<WriteResult> => {
  const encoded = writer.encode(rows, chosen)
  await session.query('savepoint part', [])
  try {
    const deduplicated = await writer.write(session, encoded)
    await session.query('release savepoint part', [])
    return { refused: encoded.refused, deduplicated }
  } catch (error) {
    if (!isDataError(error)) throw error
    await session.query('rollback to savepoint part', [])
    await session.query('release savepoint part', [])
    const [row] = encoded.rows
    if (encoded.rows.length === 1 && row !== undefined) {
      const reason = fault('RECORD_REFUSED', { part: 'table', problem: messageOf(error) })
      return { refused: [...encoded.refused, { row, reason }], deduplicated: [] }
    }
    const middle = encoded.rows.length >> 1
    const first = await writeApart(session, writer, rows, encoded.rows.slice(0, middle))
    const second = await writeApart(session, writer, rows, encoded.rows.slice(middle))
    return {
      refused: [...encoded.refused, ...first.refused, ...second.refused],
      deduplicated: [...first.deduplicated, ...second.deduplicated],
    }
  }
}

const writeTogether = async (
  session: SqlSession,
  writer: TableWriter,
  encoded: EncodedRows,
): Promise<WriteResult> => ({
  refused: encoded.refused,
  deduplicated: await writer.write(session, encoded),
})

/** One transaction: the fence, the rows, the record of the commit. */
const writeOnce = (
  database: SqlDatabase,
  commit: CommitInSink | null,
  write: (session: SqlSession) => Promise<WriteResult>,
): Promise<WriteResult> =>
  database.transaction(async (session) => {
    await commit?.fence(session)
    const result = await write(session)
    await commit?.record(session, result)
    return result
  })

/** @throws fault OPTION_INVALID, SINK_UNAVAILABLE */
export const openPostgresSink = async (given: unknown, context: OpenContext): Promise<SinkSession> => {
  const options = parseOptions(given)
  const shape = shapeOf(options)
  const writer = tableWriter(shape)
  const database = await context.database(options.url ?? null, options.connections ?? 4)
  let prepared = false

  const unavailable = (error: unknown): Error => {
    if (isFault(error)) return error
    prepared = false
    return fault('SINK_UNAVAILABLE', { sink: `postgres ${options.table}`, problem: messageOf(error) }, error)
  }

  return {
    commitStore: database.commitStore,
    write: async (rows, commit, signal) => {
      signal.throwIfAborted()
      try {
        if (!prepared) {
          await database.transaction((session) => prepareTable(session, shape, options))
          prepared = true
        }
        const encoded = writer.encode(rows)
        try {
          return await writeOnce(database, commit, (session) => writeTogether(session, writer, encoded))
        } catch (error) {
          if (!isDataError(error)) throw error
          return await writeOnce(database, commit, async (session) => {
            const apart = await writeApart(session, writer, rows, encoded.rows)
            return { ...apart, refused: [...encoded.refused, ...apart.refused] }
          })
        }
      } catch (error) {
        throw unavailable(error)
      }
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const isOptions = (value: unknown): value is PostgresOptions =>
  typeof value === 'object' && value !== null && 'table' in value && 'columns' in value

/** The options were checked against the schema already; this only tells the compiler. */
const parseOptions = (given: unknown): PostgresOptions => {
  if (!isOptions(given))
    throw fault('OPTION_INVALID', { connector: 'postgres', option: 'table', problem: 'missing' })
  return given
}
