/**
 * Whatever has no address in the configuration is started here: one directory, one lock, children that end with us.
 *
 * Everything is started side by side: programs that use the broker or the database are loading while those come up, and
 * wait for them themselves. Stopped is one after the other, in the reverse order of their use.
 */
import type { Clock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import { type BrokerOptions, type EmbeddedBroker, startEmbeddedBroker } from './broker.ts'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { type NodeProcess, nodeProcessPlan } from './node-process.ts'
import type { ListenAddress } from './ports.ts'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './postgres.ts'
import { type SupervisedProcess, supervise } from './process.ts'

export type { NodeProcess } from './node-process.ts'
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
  /** Programs of ours to start as soon as the addresses are settled, before anything listens there. */
  readonly programs?: (addresses: SettledAddresses) => readonly NodeProcess[]
}

/** Where the parts will listen: port 0 has become one that is free. undefined for what is not started here. */
export interface SettledAddresses {
  readonly kafka: ListenAddress | undefined
  readonly postgres: ListenAddress | undefined
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
  /** What `programs` named, in that order. */
  readonly programs: readonly SupervisedProcess[]
  /** Starts one more Node program of ours, such as a worker, under the same supervision. */
  start(part: NodeProcess): Promise<SupervisedProcess>
  /** Resolves with the reason when a part was given up. */
  readonly failed: Promise<Error>
  /** Stops what `start` started, then the broker, then PostgreSQL, and gives the directory back. */
  stop(): Promise<void>
}

/** Starts programs of ours and keeps them, also those that do not answer yet, so that all of them can be stopped. */
const programKeeper = (context: EmbeddedContext, lock: DirectoryLock) => {
  const stopping = new AbortController()
  const told = context.giveUp === undefined ? [] : [context.giveUp]
  const giveUp = AbortSignal.any([stopping.signal, ...told])
  const starts: Promise<SupervisedProcess>[] = []
  return {
    start: (part: NodeProcess): Promise<SupervisedProcess> => {
      const plan = nodeProcessPlan(part, context.clock)
      const start = supervise(plan, { ...context, lock, giveUp })
      starts.push(start)
      return start
    },
    stop: async (): Promise<void> => {
      stopping.abort()
      const settled = await Promise.allSettled(starts)
      const running = settled.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
      await Promise.all(running.map((part) => part.stop()))
    },
  }
}

type ProgramKeeper = ReturnType<typeof programKeeper>

const startProgramsWhenSettled = async (
  { programs }: EmbeddedOptions,
  addresses: Promise<SettledAddresses>,
  keeper: ProgramKeeper,
): Promise<readonly SupervisedProcess[]> => {
  if (programs === undefined) return []
  return Promise.all(programs(await addresses).map((part) => keeper.start(part)))
}

const startIf = async <Options, Started>(
  options: Options | undefined,
  start: (options: Options) => Promise<Started>,
): Promise<Started | undefined> => (options === undefined ? undefined : start(options))

const valueOf = <Value>(result: PromiseSettledResult<Value>): Value => {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/** Starts everything; if a part cannot be started, the others are stopped again before the fault is thrown. */
const startAll = async (
  options: EmbeddedOptions,
  lock: DirectoryLock,
  context: EmbeddedContext,
  keeper: ProgramKeeper,
) => {
  const { directory } = options
  const parts = { ...context, lock }
  const kafkaAt = Promise.withResolvers<ListenAddress | undefined>()
  const postgresAt = Promise.withResolvers<ListenAddress | undefined>()
  if (options.broker === undefined) kafkaAt.resolve(undefined)
  if (options.postgres === undefined) postgresAt.resolve(undefined)
  const addresses = Promise.all([kafkaAt.promise, postgresAt.promise]).then(([kafka, postgres]) => ({
    kafka,
    postgres,
  }))
  // Whoever is asked for them hears of it; without programs nobody is.
  addresses.catch(() => undefined)
  const startingDatabase = startIf(options.postgres, (postgres) =>
    startPostgres({ directory, ...postgres }, parts, postgresAt.resolve),
  )
  const startingKafka = startIf(options.broker, (broker) =>
    startEmbeddedBroker({ directory, ...broker }, parts, kafkaAt.resolve),
  )
  const startingPrograms = startProgramsWhenSettled(options, addresses, keeper)
  // One that fails ends the waiting of the others: for an address that never settles, for an answer that never comes.
  startingDatabase.catch((error: unknown) => postgresAt.reject(error))
  startingKafka.catch((error: unknown) => kafkaAt.reject(error))
  for (const start of [startingDatabase, startingKafka, startingPrograms]) start.catch(() => keeper.stop())
  const [database, kafka, programs] = await Promise.allSettled([
    startingDatabase,
    startingKafka,
    startingPrograms,
  ])
  try {
    return { postgres: valueOf(database), broker: valueOf(kafka), programs: valueOf(programs) }
  } catch (error) {
    await keeper.stop()
    if (kafka.status === 'fulfilled') await kafka.value?.process.stop()
    if (database.status === 'fulfilled') await database.value?.process.stop()
    throw error
  }
}

/** Locks the directory and starts the parts that are asked for. Throws the faults of each. */
export const startEmbedded = async (
  options: EmbeddedOptions,
  context: EmbeddedContext,
): Promise<Embedded> => {
  const lock = await lockDirectory(options.directory, context)
  const keeper = programKeeper(context, lock)
  try {
    const { broker, postgres, programs } = await startAll(options, lock, context, keeper)
    const failed = Promise.withResolvers<Error>()
    const watch = (part: SupervisedProcess): SupervisedProcess => {
      void part.failed.then(failed.resolve)
      return part
    }
    for (const part of [broker?.process, postgres?.process, ...programs]) if (part !== undefined) watch(part)
    const stop = async (): Promise<void> => {
      await keeper.stop()
      await broker?.process.stop()
      await postgres?.process.stop()
      lock.release()
    }
    return {
      broker,
      postgres,
      programs,
      failed: failed.promise,
      start: async (part) => watch(await keeper.start(part)),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
