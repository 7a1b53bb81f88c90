/**
 * Runs, in one process, every pipeline that is wanted and that this kind of process runs; follows changes of the file
 * and of run states without a restart, touching only the pipelines that changed; tells its status each second.
 */
import type { CommitStore } from '../flow/commit.ts'
import type { Clock, Stopwatch } from '../kernel/clock.ts'
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
  readonly stopwatch: Stopwatch
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
/** So long a change waits for pipelines that end, before it is gone on without them. */
const leavingMs = 1_000

/** Samples of outcomes that are told: of all pipelines together, and of each. */
const samplesOfAll = 1_000
const mostSamples = 40
const leastSamples = 3

class RunningWorker implements Worker {
  readonly #options: WorkerOptions
  readonly #stopping = new AbortController()
  readonly #runs = new Map<string, PipelineRun>()
  /** Runs that are ending, by pipeline. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #beside: readonly Promise<void>[]
  #peers = 1
  #wake = new AbortController()

  constructor(options: WorkerOptions) {
    this.#options = options
    const { signal } = this.#stopping
    this.#beside = [
      this.#repeat(
        refreshEveryMs,
        'reading what is wanted',
        () => this.#reconcile(),
        () => AbortSignal.any([signal, this.#wake.signal]),
      ),
      this.#repeat(
        tellEveryMs,
        'telling the status',
        () => options.tell(this.status()),
        () => signal,
      ),
      options
        .onChange(() => this.refresh())
        .catch((error: unknown) => {
          // Polling goes on without it.
          options.logger.warn('changes cannot be listened for', { problem: messageOf(error) })
        }),
    ]
  }

  status(): readonly PipelineStatus[] {
    const samplesMax = Math.max(leastSamples, Math.min(mostSamples, samplesOfAll / this.#runs.size))
    return [...this.#runs.values()].map((run) => run.status(samplesMax))
  }

  refresh(): void {
    this.#wake.abort()
  }

  async #reconcile(): Promise<void> {
    this.#wake = new AbortController()
    const wanted = await this.#options.wanted()
    this.#peers = wanted.peers
    const running = wanted.pipelines.filter(({ definition }) => !wanted.stopped.has(definition.name))
    const byName = new Map(running.map((prepared) => [prepared.definition.name, prepared]))
    const leaving = [...this.#runs].filter(
      ([name, run]) => byName.get(name)?.definition.fingerprint !== run.fingerprint,
    )
    for (const [name, run] of leaving) this.#letGo(name, run)
    // Those that end at once can be followed at once; one that drains for long holds up only its own successor.
    const left = new AbortController()
    await Promise.race([
      Promise.all(this.#leaving.values()),
      this.#options.clock.sleep(leavingMs, left.signal),
    ])
    left.abort()
    if (this.#stopping.signal.aborted) return
    for (const [name, prepared] of byName) {
      if (this.#leaving.has(name)) continue
      const paused = wanted.paused.has(name)
      const present = this.#runs.get(name)
      if (present === undefined) this.#runs.set(name, this.#start(prepared, paused))
      else if (paused) present.pause()
      else present.resume()
    }
  }

  /** Stops a run beside everything else; what is to follow it is looked at again when it has ended. */
  #letGo(name: string, run: PipelineRun): void {
    if (this.#leaving.has(name)) return
    const left = run.stop().then(() => {
      this.#runs.delete(name)
      this.#leaving.delete(name)
      this.refresh()
    })
    this.#leaving.set(name, left)
  }

  #start(prepared: PreparedPipeline, paused: boolean): PipelineRun {
    const { owner, store, leases, clock, stopwatch, random, logger, drainMs } = this.#options
    const peers = (): number => this.#peers
    return new PipelineRun(
      prepared,
      { owner, store, leases, peers, clock, stopwatch, random, logger, drainMs: drainMs ?? defaultDrainMs },
      paused,
    )
  }

  async #repeat(
    everyMs: number,
    what: string,
    work: () => Promise<void>,
    until: () => AbortSignal,
  ): Promise<void> {
    const { clock, logger } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        await work()
      } catch (error) {
        logger.warn(`${what} will be tried again`, { problem: messageOf(error) })
      }
      await clock.sleep(everyMs, until())
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#runs.values()].map((run) => run.stop()))
    await Promise.all(this.#beside)
    await this.#options.tell([]).catch(() => undefined)
  }
}

export const startWorker = (options: WorkerOptions): Worker => new RunningWorker(options)
