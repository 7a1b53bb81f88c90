/**
 * Runs, in one process, every pipeline that is wanted and that this kind of process runs; follows changes of the file
 * and of run states without a restart, touching only the pipelines that changed; tells its status each second.
 */
import type { CommitStore } from '../flow/commit.ts'
import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import type { LeasePort } from './lease-keeper.ts'
import { PipelineRun, type PreparedPipeline } from './pipeline-run.ts'
import type { PipelineStatus } from './status.ts'

/** What is wanted now. */
export interface Wanted {
  /** Pipelines that this process may run, prepared from the newest revision. */
  readonly pipelines: readonly PreparedPipeline[]
  /** Names that somebody paused or stopped; all others run. */
  readonly paused: ReadonlySet<string>
  readonly stopped: ReadonlySet<string>
  /** Live processes of this kind, this one included. */
  readonly peers: number
}

export interface WorkerOptions {
  readonly owner: string
  readonly store: CommitStore
  readonly leases: LeasePort
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Reads what is wanted now; called after each change and every few seconds. */
  readonly wanted: () => Promise<Wanted>
  /** Calls back whenever something may have changed. */
  readonly onChange: (heard: () => void) => Promise<void>
  /** Takes the status of all pipelines of this process. */
  readonly tell: (status: readonly PipelineStatus[]) => Promise<void>
  readonly drainMs?: number
}

export interface Worker extends AsyncDisposable {
  status(): readonly PipelineStatus[]
  /** Looks at once for what is wanted. */
  refresh(): void
}

const refreshEveryMs = 5_000
const tellEveryMs = 1_000
const defaultDrainMs = 10_000

export const startWorker = (options: WorkerOptions): Worker => {
  const stopping = new AbortController()
  const runs = new Map<string, PipelineRun>()
  let peers = 1
  let wake = new AbortController()
  const refresh = (): void => wake.abort()

  const reconcile = async (): Promise<void> => {
    const wanted = await options.wanted()
    peers = wanted.peers
    const running = wanted.pipelines.filter(({ definition }) => !wanted.stopped.has(definition.name))
    const byName = new Map(running.map((prepared) => [prepared.definition.name, prepared]))
    const leaving = [...runs].filter(
      ([name, run]) => byName.get(name)?.definition.fingerprint !== run.fingerprint,
    )
    await Promise.all(
      leaving.map(async ([name, run]) => {
        await run.stop()
        runs.delete(name)
      }),
    )
    for (const [name, prepared] of byName) {
      const paused = wanted.paused.has(name)
      const present = runs.get(name)
      if (present === undefined) runs.set(name, startRun(prepared, paused))
      else if (paused) present.pause()
      else present.resume()
    }
  }

  const startRun = (prepared: PreparedPipeline, paused: boolean): PipelineRun =>
    new PipelineRun(
      prepared,
      {
        owner: options.owner,
        store: options.store,
        leases: options.leases,
        peers: () => peers,
        clock: options.clock,
        random: options.random,
        logger: options.logger,
        drainMs: options.drainMs ?? defaultDrainMs,
      },
      paused,
    )

  const repeat = async (
    everyMs: number,
    what: string,
    work: () => Promise<void>,
    woken: () => AbortSignal,
  ) => {
    while (!stopping.signal.aborted) {
      try {
        await work()
      } catch (error) {
        options.logger.warn(`${what} will be tried again`, { problem: messageOf(error) })
      }
      await options.clock.sleep(everyMs, AbortSignal.any([stopping.signal, woken()]))
    }
  }

  const status = (): readonly PipelineStatus[] => [...runs.values()].map((run) => run.status())
  const reconciling = repeat(
    refreshEveryMs,
    'reading what is wanted',
    () => {
      wake = new AbortController()
      return reconcile()
    },
    () => wake.signal,
  )
  const telling = repeat(
    tellEveryMs,
    'telling the status',
    () => options.tell(status()),
    () => stopping.signal,
  )
  const listening = options.onChange(refresh).catch((error: unknown) => {
    // Polling goes on without it.
    options.logger.warn('changes cannot be listened for', { problem: messageOf(error) })
  })

  return {
    status,
    refresh,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await Promise.all([...runs.values()].map((run) => run.stop()))
      await Promise.all([reconciling, telling, listening])
      // A reconcile that was under way may have started one more.
      await Promise.all([...runs.values()].map((run) => run.stop()))
      await options.tell([]).catch(() => undefined)
    },
  }
}
