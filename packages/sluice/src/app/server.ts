/**
 * `sluice server`: the API, the sources that take calls, and the keeper of the file's revisions. It alone migrates.
 */
import { mkdirSync } from 'node:fs'
import type { Database } from '../store/database.ts'
import { definitionStoreIn } from '../store/definitions.ts'
import { migrate } from '../store/migrate.ts'
import { databaseUrl } from './access.ts'
import { openDatabases } from './databases.ts'
import { watchFile } from './file-watch.ts'
import { keepLogs, shipLogs } from './log-queue.ts'
import { startPart, untilReachable } from './part.ts'
import type { ProcessOptions } from './process-options.ts'
import { addressOf, type Settings } from './settings.ts'
import { terminalLink } from './sign-in-link.ts'
import { untilAborted } from './signals.ts'

const tellLink = async (
  tell: (line: string) => void,
  database: Database,
  settings: Settings,
): Promise<void> => {
  const link = await (await terminalLink(database, settings)).current()
  if (link !== null) tell(`open this to sign in; it works once, for ten minutes: ${link.url}`)
}

/** Resolves when it was asked to end and has drained. @throws fault LISTEN_REFUSED, PORT_TAKEN, ADMIN_KEY_UNUSABLE */
export const runServer = async (options: ProcessOptions): Promise<void> => {
  const { settings, configuration, logger, signal, file } = options
  mkdirSync(settings.directory, { recursive: true })
  const url = await untilReachable('the database', logger, signal, () => databaseUrl(configuration, settings))
  await using databases = openDatabases(url, configuration.namespace, logger)
  await untilReachable('the database', logger, signal, () => migrate(databases.own))
  const definitions = definitionStoreIn(databases.own)
  const keep = async (text: string): Promise<void> => {
    const revision = await definitions.keep(text, file.baseDirectory, `${settings.hostName} ${file.fileName}`)
    logger.info(`the configuration is revision ${revision.id}`)
  }
  await keep(file.text)
  await using part = startPart({ ...options, kind: 'server', databases })
  // Loaded only now: workers wait for the revision above, not for the API.
  const { createApi, keepSinkDatabases, keepTopics, makeTopicsFirst, openKafka } = await import(
    './server-api.ts'
  )
  await using kafka = await openKafka(options)
  await using api = await createApi(options, databases, part, kafka)
  await using kafkaView = api.kafkaView
  await makeTopicsFirst(options, part, kafka)
  const listening = await api.listen(settings.http, settings.allowRemote || configuration.http.allowRemote)
  options.ready(`listening on ${listening}`)
  if (options.person !== null) await tellLink(options.person, databases.own, settings)
  await Promise.all([
    untilAborted(signal),
    watchFile({ file, env: options.env, logger, keep, configuration: options.configuration }, signal),
    keepTopics(options, part, kafka),
    keepSinkDatabases(options, part, databases),
    kafkaView.watch(signal),
    shipLogs(options, databases, 'server'),
    keepLogs(options, databases),
  ])
  logger.info(`closing ${addressOf(settings.http)}`)
}
