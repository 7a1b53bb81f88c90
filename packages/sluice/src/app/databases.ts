/** The databases that one process uses: Sluice's own, and those of sinks that name another. Each is opened once. */
import type { SqlDatabase } from '../flow/commit.ts'
import type { Logger } from '../kernel/logger.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { commitStoreIn } from '../store/lanes.ts'
import { checkSchema, migrate } from '../store/migrate.ts'

/** Connections that pages, commands and commits of other sinks share. */
const ownConnectionsMax = 8

export interface Databases extends AsyncDisposable {
  readonly own: Database
  /** Opens a database for a sink; disposing it closes its connections. */
  forSink(url: string | null, connectionsMax: number): Promise<SqlDatabase>
  /** A database to look into, Sluice's own for null; opened once and closed with all others. */
  at(url: string | null): Promise<Database>
  /** Brings the schema of a sink's database up to date: the server does, for every file it takes. */
  prepare(url: string): Promise<void>
}

export const openDatabases = (ownUrl: string, namespace: string, logger: Logger): Databases => {
  const own = openDatabase({ url: ownUrl, namespace, logger, connectionsMax: ownConnectionsMax })
  const others = new Map<string, Database>()
  return {
    own,
    at: async (url) => {
      if (url === null || url === ownUrl) return own
      const present = others.get(url)
      if (present !== undefined) return present
      const opened = openDatabase({ url, namespace, logger, connectionsMax: 2 })
      others.set(url, opened)
      return opened
    },
    forSink: async (url, connectionsMax) => {
      const database = openDatabase({ url: url ?? ownUrl, namespace, logger, connectionsMax })
      try {
        await checkSchema(database)
      } catch (error) {
        await database[Symbol.asyncDispose]()
        throw error
      }
      return {
        transaction: (work) => database.transaction(work),
        commitStore: commitStoreIn(database),
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      }
    },
    prepare: async (url) => {
      await using database = openDatabase({ url, namespace, logger, connectionsMax: 1 })
      await migrate(database)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([own, ...others.values()].map((database) => database[Symbol.asyncDispose]()))
    },
  }
}
