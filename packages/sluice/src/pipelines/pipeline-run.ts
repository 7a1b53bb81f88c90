/**
 * Runs one pipeline in this process: opens source and sink, works the lanes it is given, and tells its state.
 *
 * Pull-based: it asks the source for the next batch only while what is in flight is within its bounds. Whatever
 * fails is tried again with back-off; the state then is `degraded` and says why. Nothing here touches the world but
 * through the ports it is given.
 */
import type { CommitStore } from '../flow/commit.ts'
import { emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import type { PipelineDefinition } from '../flow/pipeline.ts'
import type { SinkSession } from '../flow/sink.ts'
import type { LaneLag, Ownership, SourceEvent, SourceSession } from '../flow/source.ts'
import type { Step } from '../flow/step.ts'
import { backoffMs } from '../kernel/backoff.ts'
import type { Clock, Stopwatch } from '../kernel/clock.ts'
import { isFault, messageOf, recoveryOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Random } from '../kernel/random.ts'
import type { DeliveryParts } from './delivery.ts'
import { LaneSet } from './lane-set.ts'
import { LeaseKeeper, type LeasePort } from './lease-keeper.ts'
import { Observation } from './observation.ts'
import { RateWindow } from './rates.ts'
import { redriveLetters } from './redrive.ts'
import type { PipelineState, PipelineStatus } from './status.ts'

/** A pipeline with everything needed to run it. */
export interface PreparedPipeline {
  readonly definition: PipelineDefinition
  readonly ownership: Ownership
  readonly steps: readonly Step[]
  readonly openSource: () => Promise<SourceSession>
  readonly openSink: () => Promise<SinkSession>
}

export interface RunContext {
  /** This process, unique among all. */
  readonly owner: string
  readonly store: CommitStore
  readonly leases: LeasePort
  /** How many processes share the leases, this one included. */
  readonly peers: () => number
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly random: Random
  readonly logger: Logger
  /** How long a stop waits for work in flight. */
  readonly drainMs: number
}

type Side = 'source' | 'sink' | 'opening'

const lagEveryMs = 2_000
const claimsEveryMs = 2_000

export class PipelineRun {
  readonly #prepared: PreparedPipeline
  readonly #context: RunContext
  readonly #logger: Logger
  readonly #stopping = new AbortController()
  #state: PipelineState = 'starting'
  #sinceMs: number
  #reason: string | null = null
  #lanes: LaneSet | null = null
  #lag: readonly LaneLag[] = []
  #paused: boolean
  #committedBefore: LedgerCounts = emptyLedger
  readonly #rates = new RateWindow()
  readonly #observation: Observation
  readonly #troubles: Record<Side, number> = { source: 0, sink: 0, opening: 0 }
  readonly #ended = new Set<string>()
  readonly #done: Promise<void>

  constructor(prepared: PreparedPipeline, context: RunContext, paused: boolean) {
    this.#prepared = prepared
    this.#context = context
    this.#logger = context.logger.of(`pipeline ${prepared.definition.name}`)
    this.#sinceMs = context.clock.now()
    this.#paused = paused
    this.#observation = new Observation(prepared.steps, context.stopwatch, () => context.clock.now())
    this.#done = this.#run()
  }

  get fingerprint(): string {
    return this.#prepared.definition.fingerprint
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  /** Drains and ends; resolves when everything it opened is closed. */
  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#become('draining', null)
      this.#stopping.abort(new Error('the pipeline was stopped'))
    }
    await this.#done
  }

  /** @param samplesMax so many of the records that ended last are told at the most */
  status(samplesMax = Number.POSITIVE_INFINITY): PipelineStatus {
    const now = this.#context.clock.now()
    const committed = this.#lanes?.committed ?? this.#committedBefore
    const rates = this.#rates.take({ atMs: now, in: committed.in, outputs: committed.outputs })
    const lag = new Map(this.#lag.map((lane) => [lane.lane, lane]))
    return {
      pipeline: this.#prepared.definition.name,
      fingerprint: this.fingerprint,
      state: this.#state,
      since_ms: this.#sinceMs,
      reason: this.#reason,
      lanes: (this.#lanes?.runs ?? []).map((run) => ({
        lane: run.lane,
        uncommitted: run.uncommitted,
        in_flight: run.inFlight,
        lag_records: lag.get(run.lane)?.records ?? null,
        behind_ms: lag.get(run.lane)?.behindMs ?? null,
      })),
      committed,
      in_per_second: rates.inPerSecond,
      out_per_second: rates.outPerSecond,
      steps: this.#observation.steps(),
      latency: this.#observation.latency(),
      recent: this.#observation.recent(samplesMax),
    }
  }

  #become(state: PipelineState, reason: string | null): void {
    if (this.#state === 'draining' && state !== 'stopped') return
    if (this.#state === state && this.#reason === reason) return
    if (this.#state !== state) {
      this.#sinceMs = this.#context.clock.now()
      const say = state === 'degraded' || state === 'failed' ? this.#logger.warn : this.#logger.info
      say(`now ${state}`, { reason })
    }
    this.#state = state
    this.#reason = reason
  }

  /** Counts failures in a row of one side; the other side's success does not hide them. */
  #trouble(side: Side, error: unknown): void {
    this.#troubles[side] += 1
    const { degradedAfter } = this.#prepared.definition.retry
    const reason = messageOf(error)
    if (this.#troubles[side] >= degradedAfter) this.#become('degraded', reason)
    else this.#logger.debug('an attempt failed', { side, attempt: this.#troubles[side], problem: reason })
  }

  /** Trouble that whoever tells of it has seen to last. */
  #lasts(side: Side, reason: string): void {
    this.#troubles[side] = Math.max(this.#troubles[side], this.#prepared.definition.retry.degradedAfter)
    this.#become('degraded', reason)
  }

  #wentWell(side: Side): void {
    this.#troubles[side] = 0
    const { degradedAfter } = this.#prepared.definition.retry
    const isWell = Object.values(this.#troubles).every((count) => count < degradedAfter)
    if (isWell && (this.#state === 'degraded' || this.#state === 'starting' || this.#state === 'failed')) {
      this.#become(this.#paused ? 'paused' : 'running', null)
    }
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#context
    const { retry } = this.#prepared.definition
    const { signal } = this.#stopping
    for (let attempt = 1; !signal.aborted; attempt++) {
      const startedAtMs = clock.now()
      try {
        await this.#session(signal)
      } catch (error) {
        if (signal.aborted) break
        if (isFault(error) && error.recovery === 'caller') {
          this.#troubles.opening += retry.degradedAfter
          this.#become('failed', `${error.message} ${error.fix}`)
        } else this.#trouble('opening', error)
        if (clock.now() - startedAtMs > retry.mostMs * 2) attempt = 1
        await clock.sleep(backoffMs(retry, attempt, random), signal)
      }
    }
    this.#become('stopped', null)
  }

  /** One life of source and sink: from opening both to closing both. */
  async #session(signal: AbortSignal): Promise<void> {
    const { definition, steps } = this.#prepared
    await using sink = await this.#prepared.openSink()
    await using source = await this.#prepared.openSource()
    const parts: DeliveryParts = {
      steps,
      sink,
      sinkId: 'sink',
      store: this.#context.store,
      retry: definition.retry,
      clock: this.#context.clock,
      random: this.#context.random,
      observation: this.#observation,
      onTrouble: (error) => this.#trouble('sink', error),
      onSuccess: () => this.#wentWell('sink'),
      onSilence: (silentMs) => {
        this.#lasts('sink', `The sink has not answered for ${Math.round(silentMs / 1000)} s.`)
      },
    }
    const store = sink.commitStore ?? this.#context.store
    const lanes = new LaneSet({
      pipeline: definition.name,
      owner: this.#context.owner,
      source,
      parts,
      store,
      logger: this.#logger,
    })
    this.#lanes = lanes
    // After trouble it is well only once lanes are claimed: see #take.
    if (this.#troubles.opening === 0) this.#wentWell('opening')
    const inner = new AbortController()
    const ended = AbortSignal.any([signal, inner.signal])
    const beside = [
      this.#watchLag(source, ended),
      this.#watchClaims(lanes, ended),
      this.#redrive(parts, store, ended),
    ]
    try {
      await this.#pump(source, lanes, signal)
    } finally {
      await this.#drain(source, lanes)
      inner.abort()
      await Promise.allSettled(beside)
      this.#committedBefore = lanes.committed
    }
  }

  async #pump(source: SourceSession, lanes: LaneSet, signal: AbortSignal): Promise<void> {
    const keeper =
      this.#prepared.ownership === 'lease'
        ? new LeaseKeeper(this.#prepared.definition.name, this.#context, source, lanes)
        : null
    if (this.#prepared.ownership === 'local') await lanes.start(await source.lanes(), null)
    await keeper?.turn()
    if (this.#prepared.ownership !== 'group') this.#wentWell('opening')
    const keeping = keeper?.keep(signal)
    try {
      while (!signal.aborted) {
        await lanes.restartLost()
        await this.#whilePaused(lanes, source, signal)
        await lanes.untilRoom(signal)
        if (signal.aborted) break
        if (!lanes.hasRoom) continue
        const event = await this.#next(source, signal)
        if (event !== null) await this.#take(event, source, lanes)
      }
    } finally {
      await keeper?.stop()
      await keeping
    }
  }

  /** Asks the source; trouble that passes is waited out here, so that lanes and claims are kept. */
  async #next(source: SourceSession, signal: AbortSignal): Promise<SourceEvent | null> {
    const { clock, random } = this.#context
    try {
      const event = await source.next(signal)
      const trouble = source.trouble?.() ?? null
      if (trouble === null) this.#wentWell('source')
      else this.#lasts('source', trouble.message)
      return event
    } catch (error) {
      if (signal.aborted) return null
      if (recoveryOf(error) !== 'retry' || !isFault(error)) throw error
      this.#trouble('source', error)
      await clock.sleep(backoffMs(this.#prepared.definition.retry, this.#troubles.source, random), signal)
      return null
    }
  }

  async #take(event: SourceEvent, source: SourceSession, lanes: LaneSet): Promise<void> {
    switch (event.kind) {
      case 'batch':
        this.#ended.delete(event.batch.origin.lane)
        lanes.add(event.batch)
        return
      case 'moved':
        lanes.move(event.lane, event.position)
        return
      case 'assigned':
        await lanes.start(event.lanes, event.generation)
        this.#wentWell('opening')
        return
      case 'revoking':
        await lanes.finish(event.lanes, AbortSignal.timeout(this.#context.drainMs))
        await source.release(event.lanes)
        return
      case 'lost':
        await lanes.lose(event.lanes)
        return
      case 'ended':
        this.#ended.add(event.lane)
        return
      case 'idle':
        this.#noticeEnd(lanes)
        return
    }
  }

  /** A source whose lanes are all read to their end, with nothing in flight, has ended. */
  #noticeEnd(lanes: LaneSet): void {
    const { runs } = lanes
    const isOver = runs.length > 0 && runs.every((run) => this.#ended.has(run.lane) && run.inFlight === 0)
    if (isOver && this.#state === 'running') this.#become('ended', null)
    if (!isOver && this.#state === 'ended') this.#become('running', null)
  }

  async #whilePaused(lanes: LaneSet, source: SourceSession, signal: AbortSignal): Promise<void> {
    if (!this.#paused || signal.aborted) return
    this.#become('paused', null)
    const hold = (): void => {
      for (const run of lanes.runs) source.pause(run.lane)
    }
    hold()
    // Group membership goes on while paused: events other than batches are still taken.
    while (this.#paused && !signal.aborted) {
      const event = await this.#next(source, signal)
      if (event !== null) await this.#take(event, source, lanes)
      await lanes.restartLost()
      hold()
    }
    // Where somebody moved the position meanwhile, nothing that was read ahead before may go on.
    await this.#noticeLost(lanes)
    await lanes.restartLost()
    for (const run of lanes.runs) source.resume(run.lane)
    if (!signal.aborted) this.#become('running', null)
  }

  async #drain(source: SourceSession, lanes: LaneSet): Promise<void> {
    const names = lanes.runs.map((run) => run.lane)
    try {
      await lanes.finish(names, AbortSignal.timeout(this.#context.drainMs))
      await source.release(names)
    } catch (error) {
      this.#logger.warn('could not drain', { problem: messageOf(error) })
    }
  }

  async #watchLag(source: SourceSession, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#lag = await source.lag()
      } catch (error) {
        this.#lag = []
        this.#logger.debug('lag is unknown', { problem: messageOf(error) })
      }
      await this.#context.clock.sleep(lagEveryMs, signal)
    }
  }

  async #noticeLost(lanes: LaneSet): Promise<void> {
    try {
      await lanes.noticeLost()
    } catch (error) {
      // The fence of the next commit tells it all the same.
      this.#logger.debug('claims cannot be checked', { problem: messageOf(error) })
    }
  }

  async #watchClaims(lanes: LaneSet, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#context.clock.sleep(claimsEveryMs, signal)
      if (!signal.aborted) await this.#noticeLost(lanes)
    }
  }

  async #redrive(parts: DeliveryParts, store: CommitStore, signal: AbortSignal): Promise<void> {
    await redriveLetters(this.#prepared.definition, parts, store, this.#context, signal)
  }
}
