/** What a server is besides a keeper of revisions: the API, the topics that the file declares, its sinks' databases. */
import { fileURLToPath } from 'node:url'
import type { Environment } from '../api/answers/session.ts'
import { openBuiltPage } from '../api/built-page.ts'
import { createKafkaView, type KafkaView } from '../api/kafka-view/kafka-view.ts'
import type { Kafka } from '../api/ports.ts'
import { adminKeyAuthentication, adminKeyFile, ensureAdminKey } from '../api/principals.ts'
import { type ApiServer, createServer } from '../api/server.ts'
import { createSessions } from '../api/sessions.ts'
import type { Configuration, ConfiguredPipeline } from '../config/configuration.ts'
import { openKafkaClient } from '../connectors/kafka/client/client.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import { seededRandom } from '../kernel/random.ts'
import { auditStoreIn } from '../store/audit.ts'
import { deadLetterStoreIn } from '../store/dead-letters.ts'
import { definitionStoreIn } from '../store/definitions.ts'
import { leaseStoreIn } from '../store/leases.ts'
import { positionStoreIn } from '../store/positions.ts'
import { processStoreIn } from '../store/processes.ts'
import { seriesStoreIn } from '../store/series.ts'
import { sessionStoreIn } from '../store/sessions.ts'
import { sensorsAnswers } from '../systems/sensors/answers.ts'
import { keepRollup } from '../systems/sensors/rollup.ts'
import { kafkaAccess } from './access.ts'
import type { Databases } from './databases.ts'
import { deadLettersOf } from './dead-letters.ts'
import { createOperations } from './operations.ts'
import type { Part } from './part.ts'
import { createPipelines } from './pipelines-port.ts'
import type { ProcessOptions } from './process-options.ts'
import { createSeries } from './series-port.ts'
import { keepSeries } from './series-sampler.ts'
import { sinkDatabaseUrl, sinkDatabaseUrls } from './sink-databases.ts'
import { topicCounts } from './topic-counts.ts'
import { createDeclaredTopics } from './topics.ts'

/** Where the dashboard lies: in its own package in a clone, beside the compiled code where that was installed. */
const pageFolder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dashboard/dist' : '../page', import.meta.url),
)

const random = seededRandom(Date.now() ^ process.pid)

/** How long the start waits for declared topics. */
const topicsFirstWithinMs = 3_000

type OpenKafka = Kafka & AsyncDisposable

export const openKafka = async (options: ProcessOptions): Promise<OpenKafka> => {
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

/**
 * Makes the topics that the file declares before anybody is told that Sluice is up: a client that were quicker would have
 * the broker make them with its defaults. Gives up after a while where the cluster does not answer; `keepTopics` goes on.
 */
export const makeTopicsFirst = async (
  options: ProcessOptions,
  part: Part,
  kafka: OpenKafka,
): Promise<void> => {
  const late = new AbortController()
  const making = createDeclaredTopics(kafka.admin, part.current().topics).then(
    (made) => {
      for (const name of made) options.logger.info(`made topic ${name}`)
    },
    (error: unknown) => {
      options.logger.debug('declared topics wait for Kafka', { problem: messageOf(error) })
    },
  )
  await Promise.race([
    making,
    systemClock.sleep(topicsFirstWithinMs, AbortSignal.any([options.signal, late.signal])),
  ])
  late.abort()
}

/** Makes declared topics as soon as the cluster answers, whatever revision declares them. */
export const keepTopics = async (options: ProcessOptions, part: Part, kafka: OpenKafka): Promise<void> => {
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
export const keepSinkDatabases = async (
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

/** Where the server belongs, as its page tells it. No secret. */
const environmentOf = ({ database, kafka, namespace }: Configuration): Environment => ({
  name: namespace,
  kafka: kafka === 'embedded' ? kafka : kafka.brokers.join(', '),
  database: database === 'embedded' ? database : hostOf(database.url),
})

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'as the file says')

const openPipelines = (options: ProcessOptions, databases: Databases, part: Part) => {
  const { own } = databases
  const deadLetters = deadLettersOf({
    pipelines: () => part.current().pipelines,
    at: async (url) => deadLetterStoreIn(await databases.at(url)),
    logger: options.logger,
  })
  const pipelines = createPipelines({
    configuration: part.current,
    namespace: options.configuration.namespace,
    definitions: definitionStoreIn(own),
    processes: processStoreIn(own),
    deadLetters,
    positions: async (pipeline: ConfiguredPipeline) =>
      positionStoreIn(await databases.at(sinkDatabaseUrl(pipeline))),
    text: () => {
      const { fileName: file } = options.file
      const running = part.revision()
      return { revision: running?.id ?? null, text: running?.text ?? options.file.text, file }
    },
    openBase: part.openBase,
    startedAtMs: systemClock.now(),
  })
  return { pipelines, deadLetters }
}

/** Records that wait for each consumer group; those that committed nothing are left out. */
const lagOf = async (view: KafkaView): Promise<ReadonlyMap<string, number>> =>
  new Map((await view.groups()).flatMap(({ name, lag }) => (lag === null ? [] : [[name, lag.records]])))

export const createApi = async (
  options: ProcessOptions,
  databases: Databases,
  part: Part,
  kafka: OpenKafka,
): Promise<ApiServer & { readonly kafkaView: KafkaView }> => {
  const { settings, logger } = options
  const { own } = databases
  const keyFile = adminKeyFile(settings.directory)
  const adminKey = await ensureAdminKey(settings.directory)
  const { pipelines, deadLetters } = openPipelines(options, databases, part)
  const kafkaView = createKafkaView({ kafka, pipelines, clock: systemClock })
  const seriesStore = seriesStoreIn(own)
  const closing = new AbortController()
  const ended = AbortSignal.any([options.signal, closing.signal])
  const rollup = keepRollup(own, systemClock, logger.of('sensors'), ended)
  const sampling = keepSeries(
    {
      store: seriesStore,
      leases: leaseStoreIn(own),
      owner: part.id,
      pipelines,
      topics: () => topicCounts(kafka.admin),
      groupLag: () => lagOf(kafkaView),
      clock: systemClock,
      logger,
    },
    ended,
  )
  const server = await createServer({
    version: options.version,
    clock: systemClock,
    logger,
    authenticate: adminKeyAuthentication(adminKey),
    sessions: createSessions({ store: sessionStoreIn(own), adminKey, clock: systemClock }),
    anonymous: options.configuration.http.anonymous,
    environment: environmentOf(options.configuration),
    keyFile,
    names: options.configuration.http,
    kafka,
    kafkaView,
    pipelines,
    series: createSeries(seriesStore, systemClock),
    deadLetters,
    receivers: part.receivers,
    ...createOperations(options, databases, part),
    audit: auditStoreIn(own),
    roundTrips: [
      { name: 'kafka', ping: () => kafka.admin.topics() },
      { name: 'database', ping: () => own.ping() },
    ],
    page: openBuiltPage(pageFolder, () => systemClock.now()),
    sensors: sensorsAnswers(own, systemClock),
  })
  return {
    ...server,
    kafkaView,
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await server.close()
      await Promise.all([sampling, rollup])
    },
  }
}
