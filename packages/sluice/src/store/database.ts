/**
 * Sluice's way to PostgreSQL: a bounded pool, transactions, LISTEN/NOTIFY. Parameterised SQL only.
 *
 * - `int8` arrives as number where it is safe, as text otherwise; `timestamptz` as Date; `jsonb` parsed.
 * - A session that stays idle in a transaction is ended by the server, so that a stalled process cannot
 *   hold the lock on a lane's row for ever.
 * - Nobody waits for a lock without end: a table that somebody else has locked is an error that is tried again, so
 *   that a pipeline can say what holds it up, and can be stopped.
 */
import pg from 'pg'
import type { SqlSession } from '../flow/commit.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { copyText } from './copy.adapter.ts'

export interface Database extends Pick<SqlSession, 'query'>, AsyncDisposable {
  /** The schema in which Sluice's own tables live, quoted for SQL. */
  readonly schema: string
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it throws. */
  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>
  /** Calls `heard` for each notification and after each reconnect (then with ''). Ends with the database. */
  listen(channel: string, heard: (payload: string) => void): Promise<void>
  /** A round trip. @throws fault UNAVAILABLE */
  ping(): Promise<void>
}

export interface DatabaseOptions {
  readonly url: string
  readonly namespace: string
  readonly logger: Logger
  readonly connectionsMax?: number
  /** So long a statement waits for a lock; shorter for tests. */
  readonly lockTimeoutMs?: number
}

/** By this name the database knows our connections. */
export const applicationName = 'sluice'

const int8 = 20
const types = new pg.TypeOverrides()
types.setTypeParser(int8, (text: string) => {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
})

/** `namespace` as a schema name, quoted. */
export const schemaOf = (namespace: string): string => `"${namespace.replaceAll(/[^A-Za-z0-9_]/g, '_')}"`

/** Longer than a process that stalls in a transaction of ours can hold it up would only delay the telling. */
const defaultLockTimeoutMs = 12_000

const poolOptions = ({ url, ...options }: DatabaseOptions): pg.PoolConfig => ({
  connectionString: url,
  max: options.connectionsMax ?? 8,
  types,
  application_name: applicationName,
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 30_000,
  idle_in_transaction_session_timeout: 15_000,
  lock_timeout: options.lockTimeoutMs ?? defaultLockTimeoutMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
})

/** `rowCount` is 0 where the statement has none. */
const queryOf =
  (client: Pick<pg.Pool, 'query'>): SqlSession['query'] =>
  async (text, values) => {
    const result = await client.query<Record<string, unknown>>(text, [...values])
    return { rows: result.rows, rowCount: result.rowCount ?? 0 }
  }

const sessionOf = (client: pg.PoolClient): SqlSession => ({
  query: queryOf(client),
  copyIn: (statement, text) => copyText(client, statement, text),
})

/** Runs `work` in a transaction on a connection of `pool`. A broken connection leaves the pool. */
const inTransaction = async <Result>(
  pool: pg.Pool,
  work: (session: SqlSession) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error): void => {
    broken = error
  }
  client.on('error', onError)
  try {
    await client.query('begin')
    const result = await work(sessionOf(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure))
    })
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

export const openDatabase = (options: DatabaseOptions): Database => {
  const pool = new pg.Pool(poolOptions(options))
  const logger = options.logger.of('database')
  // An idle connection that breaks (a restart of the server) is replaced by the pool at the next use.
  pool.on('error', (error) => logger.debug('an idle connection ended', { problem: error.message }))
  const closing = new AbortController()
  const listeners: pg.Client[] = []

  return {
    schema: schemaOf(options.namespace),
    query: queryOf(pool),
    transaction: (work) => inTransaction(pool, work),
    ping: async () => {
      try {
        await pool.query('select 1')
      } catch (error) {
        throw fault('UNAVAILABLE', { what: 'The database', problem: messageOf(error) }, error)
      }
    },
    listen: async (channel, heard) => {
      await listenForEver(options.url, channel, heard, closing.signal, listeners, logger)
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await Promise.allSettled(listeners.map((client) => client.end()))
      await pool.end()
    },
  }
}

const reconnectMs = 1_000

const listenForEver = async (
  url: string,
  channel: string,
  heard: (payload: string) => void,
  signal: AbortSignal,
  listeners: pg.Client[],
  logger: Logger,
): Promise<void> => {
  const connect = async (): Promise<void> => {
    if (signal.aborted) return
    const client = new pg.Client({
      connectionString: url,
      application_name: 'sluice-listen',
      keepAlive: true,
    })
    let over = false
    const again = (problem: string): void => {
      if (over) return
      over = true
      listeners.splice(listeners.indexOf(client), 1)
      client.end().catch(() => undefined)
      if (signal.aborted) return
      logger.debug('listening was interrupted', { channel, problem })
      setTimeout(() => {
        connect().catch(() => undefined)
      }, reconnectMs).unref()
    }
    listeners.push(client)
    client.on('error', (error) => again(error.message))
    client.on('end', () => again('the connection ended'))
    client.on('notification', (message) => heard(message.payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${client.escapeIdentifier(channel)}`)
      heard('')
    } catch (error) {
      again(messageOf(error))
    }
  }
  await connect()
}
