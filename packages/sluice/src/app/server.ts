/**
 * `sluice server`: the API, the sources that take calls, and the keeper of the file's revisions. It alone migrates.
 */
import { mkdirSync } from 'node:fs'
import type { Kafka } from '../api/ports.ts'
import { adminKeyAuthentication, adminKeyFile, ensureAdminKey } from '../api/principals.ts'
import { type ApiServer, createServer } from '../api/server.ts'
import type { Configuration, ConfiguredPipeline } from '../config/configuration.ts'
import { openKafkaClient } from '../connectors/kafka/client/client.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import { seededRandom } from '../kernel/random.ts'
import { auditStoreIn } from '../store/audit.ts'
import { deadLetterStoreIn } from '../store/dead-letters.ts'
import { definitionStoreIn } from '../store/definitions.ts'
import { migrate } from '../store/migrate.ts'
import { positionStoreIn } from '../store/positions.ts'
import { processStoreIn } from '../store/processes.ts'
import { sensorsAnswers } from '../systems/sensors/answers.ts'
import { databaseUrl, kafkaAccess } from './access.ts'
import { type Databases, openDatabases } from './databases.ts'
import { deadLettersOf } from './dead-letters.ts'
import { watchFile } from './file-watch.ts'
import { type Part, startPart, untilReachable } from './part.ts'
import { createPipelines } from './pipelines-port.ts'
import type { ProcessOptions } from './process-options.ts'
import { addressOf } from './settings.ts'
import { untilAborted } from './signals.ts'
import { sinkDatabaseUrl, sinkDatabaseUrls } from './sink-databases.ts'
import { createDeclaredTopics } from './topics.ts'

const random = seededRandom(Date.now() ^ process.pid)

type OpenKafka = Kafka & AsyncDisposable

const openKafka = async (options: ProcessOptions): Promise<OpenKafka> => {
  const { configuration, settings } = options
  const client = openKafkaClient(kafkaAccess(configuration, settings), systemClock, random)
  const [admin, writer, peek] = await Promise.all([client.admin(), client.writer(), client.peek()])
  return {
    admin,
    writer,
    peek,
    openPeek: () => client.peek(),
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled([admin, writer, peek].map((part) => part[Symbol.asyncDispose]()))
    },
  }
}

/** Makes declared topics as soon as the cluster answers, whatever revision declares them. */
const keepTopics = async (options: ProcessOptions, part: Part, kafka: OpenKafka): Promise<void> => {
  const { logger, signal } = options
  let done: Configuration | null = null
  while (!signal.aborted) {
    const current = part.current()
    if (current !== done) {
      try {
        const made = await createDeclaredTopics(kafka.admin, current.topics)
        for (const name of made) logger.info(`made topic ${name}`)
        done = current
      } catch (error) {
        logger.debug('declared topics wait for Kafka', { problem: messageOf(error) })
      }
    }
    await systemClock.sleep(1_000, signal)
  }
}

/** Brings the schema of each sink's own database up to date as soon as it answers, whatever revision names it. */
const keepSinkDatabases = async (
  options: ProcessOptions,
  part: Part,
  databases: Databases,
): Promise<void> => {
  const { logger, signal } = options
  const done = new Set<string>()
  while (!signal.aborted) {
    for (const url of sinkDatabaseUrls(part.current())) {
      if (done.has(url)) continue
      try {
        await databases.prepare(url)
        done.add(url)
      } catch (error) {
        logger.debug("a sink's database cannot be prepared now", { problem: messageOf(error) })
      }
    }
    await systemClock.sleep(1_000, signal)
  }
}

const createApi = async (
  options: ProcessOptions,
  databases: Databases,
  part: Part,
  kafka: OpenKafka,
): Promise<ApiServer> => {
  const { settings, logger } = options
  const { own } = databases
  const keyFile = adminKeyFile(settings.directory)
  const adminKey = await ensureAdminKey(settings.directory)
  const deadLetters = deadLettersOf({
    pipelines: () => part.current().pipelines,
    at: async (url) => deadLetterStoreIn(await databases.at(url)),
    logger,
  })
  const pipelines = createPipelines({
    configuration: part.current,
    definitions: definitionStoreIn(own),
    processes: processStoreIn(own),
    deadLetters,
    positions: async (pipeline: ConfiguredPipeline) =>
      positionStoreIn(await databases.at(sinkDatabaseUrl(pipeline))),
    openBase: part.openBase,
    startedAtMs: systemClock.now(),
  })
  return createServer({
    version: options.version,
    clock: systemClock,
    logger,
    authenticate: adminKeyAuthentication(adminKey),
    keyFile,
    names: options.configuration.http,
    kafka,
    pipelines,
    deadLetters,
    receivers: part.receivers,
    audit: auditStoreIn(own),
    roundTrips: [
      { name: 'kafka', ping: () => kafka.admin.topics() },
      { name: 'database', ping: () => own.ping() },
    ],
    sensors: sensorsAnswers(own, systemClock),
  })
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
  await using kafka = await openKafka(options)
  await using api = await createApi(options, databases, part, kafka)
  const listening = await api.listen(settings.http, settings.allowRemote || configuration.http.allowRemote)
  options.ready(`listening on ${listening}`)
  await Promise.all([
    untilAborted(signal),
    watchFile({ file, env: options.env, logger, keep }, signal),
    keepTopics(options, part, kafka),
    keepSinkDatabases(options, part, databases),
  ])
  logger.info(`closing ${addressOf(settings.http)}`)
}
