/** `sluice worker`: runs pipelines. Needs only Kafka and PostgreSQL; start as many as wanted, on any machine. */
import type { Configuration } from '../config/configuration.ts'
import type { Logger } from '../kernel/logger.ts'
import { checkSchema } from '../store/migrate.ts'
import { databaseUrl } from './access.ts'
import { openDatabases } from './databases.ts'
import { startPart, untilReachable } from './part.ts'
import type { Settings } from './settings.ts'

export interface ProcessOptions {
  readonly settings: Settings
  readonly configuration: Configuration
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger
  /** Aborts when the process is asked to end: it drains and returns. */
  readonly signal: AbortSignal
  /** Called once, when it works. */
  readonly ready: (line: string) => void
}

/** Resolves when it was asked to end and has drained. */
export const runWorker = async (options: ProcessOptions): Promise<void> => {
  const { settings, configuration, logger, signal } = options
  const url = await untilReachable('the database', logger, signal, async () => {
    await Promise.resolve()
    return databaseUrl(configuration, settings)
  })
  await using databases = openDatabases(url, configuration.namespace, logger)
  await untilReachable('the database', logger, signal, () => checkSchema(databases.own))
  await using part = startPart({ ...options, kind: 'worker', databases })
  options.ready(`worker ${part.id} is ready`)
  await untilAborted(signal)
}

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
