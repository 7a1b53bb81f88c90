/** What people look after a running Sluice with, wired: its log, its configuration file, its connections. */
import { probeKafka } from '../connectors/kafka/client/probe.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { definitionStoreIn } from '../store/definitions.ts'
import { logLineStoreIn } from '../store/log-lines.ts'
import { checkSchema } from '../store/migrate.ts'
import { databaseUrl, kafkaAccess } from './access.ts'
import { createConfigurationFile } from './configuration-port.ts'
import { addressWithoutPassword, createConnections, type Probes } from './connections.ts'
import type { Databases } from './databases.ts'
import { logBookOf, logTailOf } from './log-book.ts'
import type { Part } from './part.ts'
import type { ProcessOptions } from './process-options.ts'
import { addressOf } from './settings.ts'

const fact = (name: string, value: unknown) => ({ name, value: String(value) })

const probesOf = ({ configuration, logger, settings }: ProcessOptions, ownUrl: () => string): Probes => ({
  kafka: async () => {
    const { clusterId, brokers, versions } = await probeKafka(kafkaAccess(configuration, settings))
    return [
      fact('cluster', clusterId),
      fact('brokers', brokers.join(', ')),
      ...versions.map(({ request, version }) => fact(`${request} version`, version)),
    ]
  },
  database: async (url) => {
    await using database = openDatabase({
      url: url ?? ownUrl(),
      namespace: configuration.namespace,
      logger,
      connectionsMax: 1,
    })
    const { rows } = await database.query(
      `select current_setting('server_version') as version, current_database() as database, current_user as name,
         (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted,
         pg_is_in_recovery() as read_only, current_setting('max_connections') as connections_max`,
      [],
    )
    const row = rows[0] ?? {}
    return [
      fact('PostgreSQL', row['version']),
      fact('database', row['database']),
      fact('user', row['name']),
      fact('encrypted', row['encrypted'] === true ? 'yes' : 'no'),
      fact('writable', row['read_only'] === true ? 'no: it is a replica' : 'yes'),
      fact('connections at most', row['connections_max']),
      fact('tables', await schemaText(database)),
    ]
  },
  http: async () => {
    const answer = await fetch(`http://${addressOf(settings.http)}/health`, {
      signal: AbortSignal.timeout(5_000),
    })
    if (!answer.ok) throw new Error(`/health answered ${answer.status}`)
    return [fact('Node', process.versions.node), fact('open since', startedText())]
  },
})

const startedText = (): string => new Date(Date.now() - process.uptime() * 1_000).toISOString()

/** Whether Sluice's tables there are those of this version. */
const schemaText = async (database: Database): Promise<string> => {
  try {
    await checkSchema(database)
    return 'of this version'
  } catch (error) {
    return messageOf(error)
  }
}

/** Log, file and connections as the API asks for them. */
export const createOperations = (options: ProcessOptions, databases: Databases, part: Part) => {
  const { configuration, env, file, settings, signal } = options
  const { own } = databases
  const lines = logLineStoreIn(own)
  const ownUrl = (): string => databaseUrl(configuration, settings)
  const { brokers } = kafkaAccess(configuration, settings)
  return {
    logs: logBookOf(lines, configuration),
    logTail: logTailOf(lines, systemClock, signal),
    configurationFile: createConfigurationFile({
      file,
      env,
      definitions: definitionStoreIn(own),
      startedWith: configuration,
      current: part.current,
      clock: systemClock,
    }),
    connections: createConnections({
      configuration: part.current,
      startedWith: configuration,
      addresses: {
        kafka: brokers.join(', '),
        database: addressWithoutPassword(ownUrl()),
        http: `http://${addressOf(settings.http)}`,
      },
      probes: probesOf(options, ownUrl),
      clock: systemClock,
    }),
  }
}
