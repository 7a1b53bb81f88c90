/** Tests of the store run on both databases that Sluice promises to work with. */
import { afterAll, beforeAll, describe } from 'vitest'
import { testContext } from '../../packages/sluice/src/connectors/test-context.ts'
import type { OpenContext } from '../../packages/sluice/src/flow/connector.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { type Database, openDatabase } from '../../packages/sluice/src/store/database.ts'
import { commitStoreIn } from '../../packages/sluice/src/store/lanes.ts'
import { migrate } from '../../packages/sluice/src/store/migrate.ts'
import { startEmbeddedPostgres } from '../support/embedded.ts'
import { startPostgres15 } from '../support/postgres-15.ts'
import { describeWith } from '../support/requires.ts'

export interface TestDatabase {
  readonly database: Database
  readonly url: string
}

interface Server extends AsyncDisposable {
  readonly url: string
}

const withServer = (start: () => Promise<Server>, body: (test: () => TestDatabase) => void) => () => {
  let server: Server
  let database: Database
  beforeAll(async () => {
    server = await start()
    database = openDatabase({ url: server.url, namespace: 'sluice', logger: silentLogger })
    await migrate(database)
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  body(() => ({ database, url: server.url }))
}

/** Registers the tests of `body` for the embedded PostgreSQL and for a real PostgreSQL 15. */
export const describeDatabases = (name: string, body: (test: () => TestDatabase) => void): void => {
  describe(`${name}, embedded PostgreSQL`, withServer(startEmbeddedPostgres, body))
  describeWith(['postgres-15'], `${name}, PostgreSQL 15`, withServer(startPostgres15, body))
}

/** What a sink is opened with, on the test's database. */
export const sinkContext = ({ database }: TestDatabase): OpenContext =>
  testContext({
    database: () =>
      Promise.resolve({
        transaction: (work) => database.transaction(work),
        commitStore: commitStoreIn(database),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  })
