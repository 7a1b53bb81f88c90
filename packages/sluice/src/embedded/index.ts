/**
 * Whatever has no address in the configuration is started here: one directory, one lock, children that end with us.
 *
 * Parts are started side by side and stopped one after the other, in the reverse order of their use.
 */
import type { Clock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import { type BrokerOptions, type EmbeddedBroker, startEmbeddedBroker } from './broker.ts'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { type NodeProcess, nodeProcessPlan } from './node-process.ts'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './postgres.ts'
import { type SupervisedProcess, supervise } from './process.ts'

export { addressText, freeAddress, type ListenAddress } from './ports.ts'
export { findPostgres } from './postgres-binaries.ts'
export type { SupervisedProcess } from './process.ts'

export interface EmbeddedOptions {
  /** The data directory. It is locked as long as anything runs. */
  readonly directory: string
  /** Left out when the configuration names a Kafka elsewhere. */
  readonly broker?: Omit<BrokerOptions, 'directory'>
  /** Left out when the configuration names a database elsewhere. */
  readonly postgres?: Omit<PostgresOptions, 'directory'>
}

export interface EmbeddedContext {
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  /** Gives up a start that is under way. */
  readonly giveUp?: AbortSignal
}

export interface Embedded extends AsyncDisposable {
  readonly broker: EmbeddedBroker | undefined
  readonly postgres: EmbeddedPostgres | undefined
  /** Starts one more Node program of ours, such as a worker, under the same supervision. `giveUp` ends the start. */
  start(part: NodeProcess, giveUp?: AbortSignal): Promise<SupervisedProcess>
  /** Resolves with the reason when a part was given up. */
  readonly failed: Promise<Error>
  /** Stops what `start` started, then the broker, then PostgreSQL, and gives the directory back. */
  stop(): Promise<void>
}

/** Starts both; if one cannot be started, the other is stopped again before the fault is thrown. */
const startBoth = async (options: EmbeddedOptions, lock: DirectoryLock, context: EmbeddedContext) => {
  const { directory, broker, postgres } = options
  const parts = { ...context, lock }
  const [database, kafka] = await Promise.allSettled([
    postgres && startPostgres({ directory, ...postgres }, parts),
    broker && startEmbeddedBroker({ directory, ...broker }, parts),
  ])
  if (database.status === 'fulfilled' && kafka.status === 'fulfilled') {
    return { postgres: database.value, broker: kafka.value }
  }
  if (database.status === 'fulfilled') await database.value?.process.stop()
  if (kafka.status === 'fulfilled') await kafka.value?.process.stop()
  throw database.status === 'rejected'
    ? database.reason
    : kafka.status === 'rejected'
      ? kafka.reason
      : undefined
}

/** Locks the directory and starts the parts that are asked for. Throws the faults of each. */
export const startEmbedded = async (
  options: EmbeddedOptions,
  context: EmbeddedContext,
): Promise<Embedded> => {
  const lock = await lockDirectory(options.directory, context)
  try {
    const { broker, postgres } = await startBoth(options, lock, context)
    const failed = Promise.withResolvers<Error>()
    const others: SupervisedProcess[] = []
    const watch = (part: SupervisedProcess): SupervisedProcess => {
      void part.failed.then(failed.resolve)
      return part
    }
    if (broker !== undefined) watch(broker.process)
    if (postgres !== undefined) watch(postgres.process)
    const stop = async (): Promise<void> => {
      await Promise.all(others.map((part) => part.stop()))
      await broker?.process.stop()
      await postgres?.process.stop()
      lock.release()
    }
    return {
      broker,
      postgres,
      failed: failed.promise,
      start: async (part, giveUp) => {
        const plan = nodeProcessPlan(part, context.clock)
        const started = watch(await supervise(plan, { ...context, lock, giveUp: giveUp ?? context.giveUp }))
        others.push(started)
        return started
      },
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
