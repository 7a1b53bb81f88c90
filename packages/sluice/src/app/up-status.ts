/** The pipelines as `sluice up` shows them: the same port that answers the API, asked without HTTP. */
import type { StatusPipeline } from '../cli/status-view.ts'
import type { Configuration } from '../config/configuration.ts'
import { ledgerGap } from '../flow/ledger.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { deadLetterStoreIn } from '../store/dead-letters.ts'
import { definitionStoreIn } from '../store/definitions.ts'
import { positionStoreIn } from '../store/positions.ts'
import { processStoreIn } from '../store/processes.ts'
import { checkConfiguration } from './configuration-file.ts'
import type { Databases } from './databases.ts'
import { deadLettersOf } from './dead-letters.ts'
import { createPipelines } from './pipelines-port.ts'
import { sinkDatabaseUrl } from './sink-databases.ts'

/** Reads the newest revision, so that a changed file shows as soon as it is taken. */
export const pipelineStatuses = async (
  databases: Databases,
  startedWith: Configuration,
  logger: Logger,
  startedAtMs: number,
): Promise<readonly StatusPipeline[]> => {
  const definitions = definitionStoreIn(databases.own)
  const revision = await definitions.newest()
  const newest =
    revision === null
      ? null
      : checkConfiguration({ ...revision, fileName: `revision ${revision.id}` }, process.env).configuration
  const port = createPipelines({
    configuration: () => newest ?? startedWith,
    namespace: startedWith.namespace,
    definitions,
    processes: processStoreIn(databases.own),
    deadLetters: deadLettersOf({
      pipelines: () => (newest ?? startedWith).pipelines,
      at: async (url) => deadLetterStoreIn(await databases.at(url)),
      logger,
    }),
    positions: async (pipeline) => positionStoreIn(await databases.at(sinkDatabaseUrl(pipeline))),
    text: () => ({ revision: revision?.id ?? null, text: revision?.text ?? '', file: '' }),
    openBase: () => {
      throw fault('CONFLICT', { what: 'The status', problem: 'only looks' })
    },
    startedAtMs,
  })
  return (await port.list()).map((pipeline) => ({
    name: pipeline.name,
    state: pipeline.state,
    reason: pipeline.reason,
    inPerSecond: pipeline.rates?.inPerSecond ?? null,
    outPerSecond: pipeline.rates?.outPerSecond ?? null,
    lagRecords: pipeline.lag?.records ?? null,
    behindMs: pipeline.lag?.behindMs ?? null,
    ledger: pipeline.ledger,
    gap: ledgerGap(pipeline.ledger),
    deadLetters: pipeline.deadLetters,
  }))
}
