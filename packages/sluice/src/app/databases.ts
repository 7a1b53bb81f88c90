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
  /** Brings the schema of a sink's database up to date: the server does, for every file it takes. */
  prepare(url: string): Promise<void>
}

export const openDatabases = (ownUrl: string, namespace: string, logger: Logger): Databases => {
  const own = openDatabase({ url: ownUrl, namespace, logger, connectionsMax: ownConnectionsMax })
  return {
    own,
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
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}
