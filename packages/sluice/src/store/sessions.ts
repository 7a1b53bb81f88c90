/**
 * Links that sign in once, and sessions. Only hashes of tokens are kept, so that nobody who reads the tables can sign
 * in. A link is spent and its session made in one transaction; both kinds are bounded in number.
 */
import type { Database } from './database.ts'

export interface StoredLink {
  readonly hash: string
  /** Who is signed in by it. */
  readonly principal: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface StoredSession {
  readonly hash: string
  readonly principal: string
  readonly createdAtMs: number
  readonly seenAtMs: number
  /** Ends then, unless it is used before. */
  readonly expiresAtMs: number
  /** Ends then, however it is used. */
  readonly endsAtMs: number
}

export interface NewSession extends Omit<StoredSession, 'principal'> {
  readonly linkHash: string
  /** Hash of a session that ends with this. */
  readonly replaces: string | null
}

export interface SessionStore {
  /** Keeps a link, and of all links the newest `most`. */
  addLink(link: StoredLink, most: number): Promise<void>
  /** Whether the link is still good. */
  hasLink(hash: string, nowMs: number): Promise<boolean>
  /** Spends a link: of all who try, one gets the principal; null where it is no good. Keeps the `most` sessions seen last. */
  exchange(session: NewSession, nowMs: number, most: number): Promise<string | null>
  find(hash: string): Promise<StoredSession | null>
  /** Notes that a session was used. */
  touch(hash: string, seenAtMs: number, expiresAtMs: number): Promise<void>
  remove(hash: string): Promise<void>
}

const date = (ms: number): Date => new Date(ms)

const msOf = (value: unknown): number => (value instanceof Date ? value.getTime() : Number.NaN)

type Tables = Pick<Database, 'query' | 'schema' | 'transaction'>

const sessionsIn = ({ schema }: Tables): string => `${schema}.sessions`

const linkStoreIn = (database: Tables): Pick<SessionStore, 'addLink' | 'hasLink'> => {
  const links = `${database.schema}.sign_in_links`
  return {
    addLink: async ({ hash, principal, createdAtMs, expiresAtMs }, most) => {
      await database.transaction(async (session) => {
        await session.query(`delete from ${links} where expires_at <= $1`, [date(createdAtMs)])
        await session.query(
          `insert into ${links} (hash, principal, created_at, expires_at) values ($1, $2, $3, $4)`,
          [hash, principal, date(createdAtMs), date(expiresAtMs)],
        )
        await session.query(
          `delete from ${links} where hash in (select hash from ${links} order by created_at desc, hash offset $1)`,
          [most],
        )
      })
    },
    hasLink: async (hash, nowMs) => {
      const values = [hash, date(nowMs)]
      const found = await database.query(`select 1 from ${links} where hash = $1 and expires_at > $2`, values)
      return found.rowCount > 0
    },
  }
}

const exchangeIn =
  (database: Tables): SessionStore['exchange'] =>
  (made, nowMs, most) =>
    database.transaction(async (session) => {
      const sessions = sessionsIn(database)
      // Of two at once the second waits for the row and then finds it gone.
      const spent = await session.query(
        `delete from ${database.schema}.sign_in_links where hash = $1 and expires_at > $2 returning principal`,
        [made.linkHash, date(nowMs)],
      )
      const principal = spent.rows[0]?.['principal']
      if (typeof principal !== 'string') return null
      await session.query(`delete from ${sessions} where hash = $1 or expires_at <= $2 or ends_at <= $2`, [
        made.replaces,
        date(nowMs),
      ])
      const times = [made.createdAtMs, made.seenAtMs, made.expiresAtMs, made.endsAtMs].map(date)
      await session.query(
        `insert into ${sessions} (hash, principal, created_at, seen_at, expires_at, ends_at)
         values ($1, $2, $3, $4, $5, $6)`,
        [made.hash, principal, ...times],
      )
      await session.query(
        `delete from ${sessions} where hash in
           (select hash from ${sessions} where hash <> $1 order by seen_at desc, hash offset $2)`,
        [made.hash, most - 1],
      )
      return principal
    })

const rowOf = (hash: string, row: Readonly<Record<string, unknown>>): StoredSession => ({
  hash,
  principal: String(row['principal']),
  createdAtMs: msOf(row['created_at']),
  seenAtMs: msOf(row['seen_at']),
  expiresAtMs: msOf(row['expires_at']),
  endsAtMs: msOf(row['ends_at']),
})

export const sessionStoreIn = (database: Tables): SessionStore => ({
  ...linkStoreIn(database),
  exchange: exchangeIn(database),
  find: async (hash) => {
    const { rows } = await database.query(`select * from ${sessionsIn(database)} where hash = $1`, [hash])
    const [row] = rows
    return row === undefined ? null : rowOf(hash, row)
  },
  touch: async (hash, seenAtMs, expiresAtMs) => {
    await database.query(`update ${sessionsIn(database)} set seen_at = $2, expires_at = $3 where hash = $1`, [
      hash,
      date(seenAtMs),
      date(expiresAtMs),
    ])
  },
  remove: async (hash) => {
    await database.query(`delete from ${sessionsIn(database)} where hash = $1`, [hash])
  },
})
