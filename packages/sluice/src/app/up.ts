/**
 * `sluice up`: all in one. Starts what has no address in the file, then server and workers as processes of their own,
 * and shows what goes on.
 */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listenFault } from '../api/guard.ts'
import { adminKeyFile } from '../api/principals.ts'
import { defaultHttp } from '../cli/command.ts'
import type { RunTools } from '../cli/local-commands.ts'
import type { StatusPart, StatusSnapshot } from '../cli/status-view.ts'
import type { Configuration } from '../config/configuration.ts'
import {
  type Embedded,
  freeAddress,
  type NodeProcess,
  type SupervisedProcess,
  startEmbedded,
} from '../embedded/index.ts'
import { systemClock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import { databaseUrl } from './access.ts'
import { awaitedRevision, awaitedRevisionVariable } from './awaited-revision.ts'
import type { ConfigurationText } from './configuration-file.ts'
import { type Databases, openDatabases } from './databases.ts'
import { explanationOf, parseLine } from './log-output.ts'
import { shipLogs } from './log-queue.ts'
import { workerNodeOptions } from './node-options.ts'
import type { ProcessOptions } from './process-options.ts'
import { addressOf, type Settings } from './settings.ts'
import { terminalLink } from './sign-in-link.ts'
import { untilAborted } from './signals.ts'
import { pipelineStatuses } from './up-status.ts'

const statusEveryMs = 1_000

const mainFile = fileURLToPath(
  new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
)

/** How long programs may wait for a database; ours is made on the first start, on a slow disk too. */
const readyWithinMs = { embedded: 300_000, elsewhere: 60_000 } as const

interface Parts {
  readonly embedded: Embedded
  /** Settings with the addresses that were got for port 0. */
  readonly settings: Settings
}

/** Words and environment of a process of ours; secrets are in neither. */
const childOf = (kind: 'server' | 'worker', settings: Settings, file: ConfigurationText) => ({
  file: mainFile,
  args: [
    kind,
    ...(file.path === null ? [] : [file.path]),
    '--dir',
    settings.directory,
    '--http',
    addressOf(settings.http),
    '--kafka',
    addressOf(settings.kafka),
    '--postgres',
    addressOf(settings.postgres),
    '--log',
    settings.logLevel,
    ...(kind === 'server' && settings.allowRemote ? ['--allow-remote'] : []),
  ],
  env: {
    SLUICE_LOG_FORMAT: 'json',
    [awaitedRevisionVariable]: awaitedRevision(file.text, systemClock.now()),
  },
})

/** What a process of ours logs goes into our log under its own component. */
const relay =
  (logger: Logger, process: string) =>
  (line: string): void => {
    const parsed = parseLine(line)
    if (parsed === null) logger.of('output', process).debug(line)
    else logger.of(parsed.component, process)[parsed.level](parsed.message, parsed.fields)
  }

/** The first is the server, the others are workers. */
const programsOf = (options: ProcessOptions, settings: Settings): readonly NodeProcess[] => {
  const { configuration, logger, file } = options
  const count = settings.workers ?? configuration.workers
  const database = configuration.database === 'embedded' ? 'embedded' : 'elsewhere'
  const named = (name: string) => ({
    name,
    readyWithinMs: readyWithinMs[database],
    line: relay(logger, name),
    told: explanationOf,
  })
  return [
    { ...childOf('server', settings, file), ...named('server'), readyLine: /listening on http/ },
    ...Array.from({ length: count }, (_, i) => ({
      ...childOf('worker', settings, file),
      ...named(`worker ${i + 1}`),
      nodeOptions: workerNodeOptions,
      readyLine: /is ready/,
    })),
  ]
}

/** Starts everything; what was started is stopped again when something cannot be. @throws fault LISTEN_REFUSED, PORT_TAKEN */
const startParts = async (options: ProcessOptions): Promise<Parts> => {
  const { configuration, logger } = options
  const allowRemote = options.settings.allowRemote || configuration.http.allowRemote
  const refused = listenFault(options.settings.http, allowRemote)
  if (refused !== null) throw refused
  const http = await freeAddress(options.settings.http, 'the API', '--http (SLUICE_HTTP)')
  let settings: Settings = { ...options.settings, http }
  const embedded = await startEmbedded(
    {
      directory: settings.directory,
      ...(configuration.kafka === 'embedded'
        ? { broker: { listen: options.settings.kafka, durability: 'commit' as const } }
        : {}),
      ...(configuration.database === 'embedded' ? { postgres: { listen: options.settings.postgres } } : {}),
      programs: ({ kafka, postgres }) => {
        settings = { ...settings, kafka: kafka ?? settings.kafka, postgres: postgres ?? settings.postgres }
        return programsOf(options, settings)
      },
    },
    { logger, clock: systemClock, random: seededRandom(process.pid), giveUp: options.signal },
  )
  return { embedded, settings }
}

const partOf = (name: string, process: SupervisedProcess, where: string, note: string): StatusPart => {
  const restarts = process.restarts()
  const again = restarts === 0 ? '' : `started again ${restarts} time${restarts === 1 ? '' : 's'}`
  const notes = [note, again].filter((part) => part !== '')
  return { name, state: process.state(), where, note: notes.join(', ') }
}

const statusParts = ({ embedded, settings }: Parts, configuration: Configuration): StatusPart[] => {
  const { broker, postgres } = embedded
  const [server, ...workers] = embedded.programs
  const { kafka } = configuration
  return [
    ...(server === undefined ? [] : [partOf('API', server, `http://${addressOf(settings.http)}`, '')]),
    broker === undefined
      ? {
          name: 'Kafka',
          state: 'running',
          where: kafka === 'embedded' ? '' : kafka.brokers.join(', '),
          note: 'not ours',
        }
      : partOf('Kafka', broker.process, broker.address, 'embedded'),
    postgres === undefined
      ? { name: 'PostgreSQL', state: 'running', where: 'as the file says', note: 'not ours' }
      : partOf('PostgreSQL', postgres.process, addressOf(settings.postgres), 'embedded'),
    ...workers.map((worker, i) => partOf(`Worker ${i + 1}`, worker, `process ${worker.pid() ?? '–'}`, '')),
  ]
}

/** What to try next, with everything that is not as usual said. */
const hintsOf = ({ settings }: Parts): readonly string[] => {
  const http = addressOf(settings.http)
  const folder = relative(process.cwd(), settings.directory)
  const others = [
    ...(http === defaultHttp ? [] : [`--http ${http}`]),
    ...(folder === '.sluice' ? [] : [`--dir ${folder === '' ? '.' : folder}`]),
  ]
  const words = (command: string): string => `./sluice ${[command, ...others].join(' ')}`
  return [
    words('open'),
    words('top'),
    words('pipelines'),
    words('topics'),
    // Two lines, so that a narrow terminal cuts neither and both can be pasted together.
    `curl -H "Authorization: Bearer $(cat ${relative(process.cwd(), adminKeyFile(settings.directory))})" \\`,
    `  'http://${http}/data/latest?limit=3'`,
  ]
}

/** A link that cannot be made is no reason not to start: `sluice open` makes one at any time. */
const linkFor = async (options: ProcessOptions, parts: Parts, databases: Databases) => {
  try {
    return await terminalLink(databases.own, parts.settings)
  } catch (error) {
    options.logger.debug('no link to sign in can be made now', { problem: messageOf(error) })
    return null
  }
}

const showStatus = async (options: ProcessOptions, tools: RunTools, parts: Parts, databases: Databases) => {
  const { signal, configuration, version } = options
  const startedAtMs = systemClock.now()
  let pipelines: StatusSnapshot['pipelines'] = []
  const link = tools.person ? await linkFor(options, parts, databases) : null
  while (!signal.aborted) {
    try {
      pipelines = await pipelineStatuses(databases, configuration, options.logger, startedAtMs)
    } catch (error) {
      options.logger.debug('the status cannot be read now', { problem: messageOf(error) })
    }
    tools.show({
      atMs: systemClock.now(),
      startedAtMs,
      version,
      parts: statusParts(parts, configuration),
      pipelines,
      signIn: (await link?.current().catch(() => null)) ?? null,
      hints: hintsOf(parts),
    })
    await systemClock.sleep(statusEveryMs, signal)
  }
}

/** Resolves when it was asked to end and everything it started has ended, in order. */
export const runUp = async (options: ProcessOptions, tools: RunTools): Promise<void> => {
  const { configuration, logger, signal } = options
  let parts: Parts
  try {
    parts = await startParts(options)
  } catch (error) {
    // Ctrl-C during the start: what had started is stopped, and that is all that was asked for.
    if (signal.aborted) return
    throw error
  }
  try {
    await using databases = openDatabases(
      parts.embedded.postgres?.url ?? databaseUrl(configuration, parts.settings),
      configuration.namespace,
      logger,
    )
    options.ready(`Sluice is up: http://${addressOf(parts.settings.http)}`)
    const failed = parts.embedded.failed.then((error) => {
      throw error
    })
    await Promise.race([
      Promise.all([
        untilAborted(signal),
        showStatus(options, tools, parts, databases),
        shipLogs(options, databases, 'up'),
      ]),
      failed,
    ])
  } finally {
    await parts.embedded.stop()
  }
}
