/**
 * What a server and a worker have in common: reach the database, follow the newest revision, run the pipelines of
 * their kind, tell their status.
 */
import { randomUUID } from 'node:crypto'
import type { Receivers } from '../api/ports.ts'
import type { Configuration } from '../config/configuration.ts'
import { formatFinding } from '../config/index.ts'
import type { HttpReceivers } from '../flow/http-ingest.ts'
import { backoffMs } from '../kernel/backoff.ts'
import { systemClock, systemStopwatch } from '../kernel/clock.ts'
import { messageOf, recoveryOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import type { Wanted, Worker } from '../pipelines/worker.ts'
import { startWorker } from '../pipelines/worker.ts'
import { changesChannel, definitionStoreIn, type Revision } from '../store/definitions.ts'
import { idempotencyStoreIn } from '../store/idempotency.ts'
import { commitStoreIn } from '../store/lanes.ts'
import { leaseStoreIn } from '../store/leases.ts'
import { processStoreIn } from '../store/processes.ts'
import { kafkaAccess } from './access.ts'
import { awaitedRevisionVariable, revisionGate } from './awaited-revision.ts'
import { checkConfiguration } from './configuration-file.ts'
import type { Databases } from './databases.ts'
import { type OpenBase, preparePipelines } from './prepare.ts'
import { createReceivers } from './receivers.ts'
import type { Settings } from './settings.ts'

export type PartKind = 'worker' | 'server'

export interface PartOptions {
  readonly kind: PartKind
  readonly settings: Settings
  /** What the file said when this process started: connections and namespace are taken from it. */
  readonly configuration: Configuration
  readonly databases: Databases
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger
}

export interface Part extends AsyncDisposable {
  readonly id: string
  readonly worker: Worker
  /** The newest revision that this process could take. */
  readonly current: () => Configuration
  /** The revision that this process runs; null before it has taken one. */
  readonly revision: () => Revision | null
  /** What connectors are opened with now. */
  readonly openBase: () => OpenBase
  /** The `http` sources that run here, by pipeline. */
  readonly receivers: Receivers
}

/** Processes that were heard of within this time count as alive. */
export const aliveWithinMs = 5_000

/** At a start everything comes up at once: who waits looks often, and says so after some three seconds. */
const warnAfterAttempts = 25
const waitPolicy = { firstMs: 20, mostMs: 250 } as const

const random = seededRandom(Date.now() ^ process.pid)

/** Repeats `work` until it succeeds or the signal aborts; says what it waits for once. Throws what waiting cannot mend. */
export const untilReachable = async <Result>(
  what: string,
  logger: Logger,
  signal: AbortSignal,
  work: () => Result | Promise<Result>,
): Promise<Result> => {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const result = await work()
      if (attempt > warnAfterAttempts) logger.info(`${what} can be reached`)
      return result
    } catch (error) {
      if (signal.aborted || recoveryOf(error) === 'caller') throw error
      const say = attempt === warnAfterAttempts ? logger.warn : logger.debug
      say(`waiting for ${what}`, { problem: messageOf(error) })
      await systemClock.sleep(backoffMs(waitPolicy, attempt, random), signal)
    }
  }
}

const openBaseOf = (
  options: PartOptions,
  id: string,
  baseDirectory: string,
  httpReceivers: HttpReceivers,
  { topics }: Configuration,
): OpenBase => ({
  topics,
  httpReceivers,
  idempotency: idempotencyStoreIn(options.databases.own, systemClock),
  namespace: options.configuration.namespace,
  clock: systemClock,
  random,
  logger: options.logger,
  kafka: kafkaAccess(options.configuration, options.settings),
  database: (url, connectionsMax) => options.databases.forSink(url, connectionsMax),
  baseDirectory,
  hostName: options.settings.hostName,
  processId: id,
})

/** Prepares each revision once; one that this process cannot take leaves the one before in place. */
const revisionReader = (options: PartOptions, id: string, receivers: HttpReceivers) => {
  const definitions = definitionStoreIn(options.databases.own)
  let taken: { readonly revision: Revision; readonly prepared: Wanted['pipelines'] } | null = null
  let refused = 0
  let configuration = options.configuration
  let base = openBaseOf(options, id, process.cwd(), receivers, configuration)
  const mayRun = revisionGate(options.env[awaitedRevisionVariable], systemClock.now())
  const read = async (): Promise<Wanted['pipelines']> => {
    const revision = await definitions.newest()
    if (revision === null || revision.id === taken?.revision.id) {
      return taken?.prepared ?? []
    }
    if (!mayRun(revision, systemClock.now())) {
      return taken?.prepared ?? []
    }
    const { text, baseDirectory } = revision
    const checked = checkConfiguration(
      { text, baseDirectory, fileName: `revision ${revision.id}` },
      options.env,
    )
    if (checked.configuration === null) {
      // Asked again each time: a secret or a schema may come a moment later. Told once.
      const isNews = refused !== revision.id
      refused = revision.id
      if (isNews) for (const finding of checked.findings) options.logger.error(formatFinding(finding))
      return taken?.prepared ?? []
    }
    configuration = checked.configuration
    base = openBaseOf(options, id, baseDirectory, receivers, configuration)
    taken = { revision, prepared: preparePipelines(configuration, options.kind, base) }
    // A server runs `http` sources only: without one there is nothing to tell.
    const say =
      options.kind === 'server' && taken.prepared.length === 0 ? options.logger.debug : options.logger.info
    say(`runs revision ${revision.id} of the configuration here`, { pipelines: taken.prepared.length })
    return taken.prepared
  }
  return {
    read,
    current: () => configuration,
    revision: () => taken?.revision ?? null,
    openBase: () => base,
  }
}

/** Starts the running of pipelines; the database must be there. */
export const startPart = (options: PartOptions): Part => {
  const id = `${options.settings.hostName}-${options.kind}-${process.pid}-${randomUUID().slice(0, 8)}`
  const { own } = options.databases
  const definitions = definitionStoreIn(own)
  const processes = processStoreIn(own)
  const receivers = createReceivers()
  const revisions = revisionReader(options, id, receivers)

  const wanted = async (): Promise<Wanted> => {
    const pipelines = await revisions.read()
    const desired = await definitions.desired()
    const named = (state: string): ReadonlySet<string> =>
      new Set([...desired].filter(([, wish]) => wish === state).map(([name]) => name))
    const alive = await processes.list(aliveWithinMs)
    return {
      pipelines,
      paused: named('paused'),
      stopped: named('stopped'),
      peers: Math.max(1, alive.filter(({ kind }) => kind === options.kind).length),
    }
  }

  const worker = startWorker({
    owner: id,
    store: commitStoreIn(own),
    leases: leaseStoreIn(own),
    clock: systemClock,
    stopwatch: systemStopwatch,
    random,
    logger: options.logger,
    wanted,
    onChange: (heard) => own.listen(changesChannel(own), heard),
    tell: (status) =>
      processes.tell({ id, kind: options.kind, host: options.settings.hostName, pid: process.pid, status }),
  })
  return {
    id,
    worker,
    current: revisions.current,
    revision: revisions.revision,
    openBase: revisions.openBase,
    receivers,
    [Symbol.asyncDispose]: async () => {
      await worker[Symbol.asyncDispose]()
      await processes.forget(id).catch(() => undefined)
    },
  }
}
