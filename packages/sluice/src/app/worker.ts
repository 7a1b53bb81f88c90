/** `sluice worker`: runs pipelines. Needs only Kafka and PostgreSQL; start as many as wanted, on any machine. */
import { checkSchema } from '../store/migrate.ts'
import { databaseUrl } from './access.ts'
import { openDatabases } from './databases.ts'
import { shipLogs } from './log-queue.ts'
import { startPart, untilReachable } from './part.ts'
import type { ProcessOptions } from './process-options.ts'
import { untilAborted } from './signals.ts'

/** Resolves when it was asked to end and has drained. */
export const runWorker = async (options: ProcessOptions): Promise<void> => {
  const { settings, configuration, logger, signal } = options
  const url = await untilReachable('the database', logger, signal, () => databaseUrl(configuration, settings))
  await using databases = openDatabases(url, configuration.namespace, logger)
  await untilReachable('the database', logger, signal, () => checkSchema(databases.own))
  await using part = startPart({ ...options, kind: 'worker', databases })
  options.ready(`worker ${part.id} is ready`)
  await Promise.all([untilAborted(signal), shipLogs(options, databases, 'worker')])
}
