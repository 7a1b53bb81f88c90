/**
 * Pipelines as pages and commands see them: what the file says, what is committed, and what the processes that run
 * them told last, put together. Also the hand on them: run states and positions.
 */
import type {
  Lag,
  LaneStatus,
  PipelineStatus,
  Pipelines,
  PipelineText,
  PositionChange,
  PositionMove,
  PositionRow,
} from '../api/ports.ts'
import type { Configuration, ConfiguredPipeline } from '../config/configuration.ts'
import { pipelineText } from '../config/pipeline-text.ts'
import { addLedger, emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import type { LaneRange, PositionTools } from '../flow/source.ts'
import { fault } from '../kernel/faults/index.ts'
import type { PipelineState, RecentOutcome, PipelineStatus as RunStatus } from '../pipelines/status.ts'
import type { DeadLetterStore } from '../store/dead-letters.ts'
import type { DefinitionStore, DesiredState } from '../store/definitions.ts'
import type { LaneRow, PositionStore } from '../store/positions.ts'
import type { ProcessStore } from '../store/processes.ts'
import { type OpenBase, openContextFor, sourceOf } from './prepare.ts'
import { guaranteeOf, latencyOf, outcomesOf, stepsOf } from './run-merge.ts'
import { readRunStatuses } from './run-statuses.ts'
import { groupOf, topicsRead, topicsWritten } from './topics.ts'

export interface PipelinesParts {
  readonly configuration: () => Configuration
  /** As this process started with it. */
  readonly namespace: string
  readonly definitions: DefinitionStore
  readonly processes: ProcessStore
  readonly deadLetters: Pick<DeadLetterStore, 'counts'>
  /** Positions and ledger of a pipeline: in its sink's database. */
  readonly positions: (pipeline: ConfiguredPipeline) => Promise<PositionStore>
  readonly openBase: () => OpenBase
  /** The text that runs, and the name of its file. */
  readonly text: () => { readonly revision: number | null; readonly text: string; readonly file: string }
  /** When this server started: since then an unowned pipeline is starting. */
  readonly startedAtMs: number
}

/** A status older than this is no longer believed. */
const believedForMs = 10_000

// Of the states that several processes tell, the one that needs somebody most is shown.
const urgency: readonly PipelineState[] = [
  'failed',
  'degraded',
  'starting',
  'draining',
  'running',
  'paused',
  'ended',
  'stopped',
]

const mostUrgent = (runs: readonly RunStatus[]): RunStatus | undefined =>
  runs.toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state))[0]

/** @param sinceMs where no process tells better: since when somebody wants it so, or this server looks */
const stateOf = (
  runs: readonly RunStatus[],
  desired: DesiredState,
  sinceMs: number,
): Pick<PipelineStatus, 'state' | 'sinceMs' | 'reason'> => {
  const shown = mostUrgent(runs)
  if (shown !== undefined) return { state: shown.state, sinceMs: shown.since_ms, reason: shown.reason }
  if (desired === 'stopped') return { state: 'stopped', sinceMs, reason: null }
  return { state: 'starting', sinceMs, reason: 'No process runs it yet.' }
}

const sumLag = (lanes: readonly (Lag | null)[]): Lag | null => {
  const known = lanes.filter((lag) => lag !== null)
  if (known.length === 0) return null
  const ages = known.flatMap((lag) => (lag.behindMs === null ? [] : [lag.behindMs]))
  return {
    records: known.reduce((sum, lag) => sum + lag.records, 0),
    behindMs: ages.length === 0 ? null : Math.max(...ages),
  }
}

/** Committed counts, with what is read and not committed as the processes counted it on both sides. */
const ledgerOf = (lanes: readonly LaneRow[], runs: readonly RunStatus[]): LedgerCounts => {
  const committed = lanes.reduce((sum, lane) => addLedger(sum, lane.counts), emptyLedger)
  const live = runs.flatMap((run) => run.lanes)
  return addLedger(committed, {
    ...emptyLedger,
    in: live.reduce((sum, lane) => sum + lane.uncommitted, 0),
    in_flight: live.reduce((sum, lane) => sum + lane.in_flight, 0),
  })
}

const laneStatuses = (rows: readonly LaneRow[], runs: readonly RunStatus[]): readonly LaneStatus[] => {
  const live = new Map(runs.flatMap((run) => run.lanes.map((lane) => [lane.lane, lane])))
  return rows.map((row) => {
    const lane = live.get(row.lane)
    const records = lane?.lag_records ?? null
    return {
      lane: row.lane,
      position: row.position,
      owner: lane === undefined ? null : row.owner,
      epoch: row.epoch,
      lag: records === null ? null : { records, behindMs: lane?.behind_ms ?? null },
      committedAtMs: row.committedAtMs,
    }
  })
}

const statusOf = (
  pipeline: ConfiguredPipeline,
  rows: readonly LaneRow[],
  runs: readonly RunStatus[],
  desired: DesiredState,
  deadLetters: number,
  sinceMs: number,
  group: string | null,
): PipelineStatus => {
  const lanes = laneStatuses(rows, runs)
  return {
    name: pipeline.name,
    ...stateOf(runs, desired, sinceMs),
    source: pipeline.source.use,
    sink: pipeline.sink.use,
    guarantee: guaranteeOf(pipeline),
    latency: latencyOf(runs),
    steps: stepsOf(pipeline, runs),
    group,
    reads: topicsRead(pipeline),
    writes: topicsWritten(pipeline),
    rates:
      runs.length === 0
        ? null
        : {
            inPerSecond: runs.reduce((sum, run) => sum + run.in_per_second, 0),
            outPerSecond: runs.reduce((sum, run) => sum + run.out_per_second, 0),
          },
    lag: sumLag(lanes.map((lane) => lane.lag)),
    ledger: ledgerOf(rows, runs),
    deadLetters,
    lanes,
    countedSinceMs: countedSince(rows),
  }
}

/** From the first lane on; null where one lane's beginning is not known. */
const countedSince = (rows: readonly LaneRow[]): number | null => {
  const known = rows.flatMap(({ countedSinceMs }) => (countedSinceMs === null ? [] : [countedSinceMs]))
  return known.length > 0 && known.length === rows.length ? Math.min(...known) : null
}

/** Where each lane would go. */
const planIn = async (
  tools: PositionTools,
  ranges: readonly LaneRange[],
  present: ReadonlyMap<string, string | null>,
  change: PositionChange,
): Promise<readonly PositionMove[]> => {
  const wanted = change.kind === 'skip' ? [change.lane] : change.lanes
  const unknown = (wanted ?? []).find((lane) => !ranges.some((range) => range.lane === lane))
  if (unknown !== undefined) throw fault('NOT_FOUND', { kind: 'lane', name: unknown })
  const chosen = ranges.filter((range) => wanted === null || wanted.includes(range.lane))
  return Promise.all(
    chosen.map(async (range) => {
      const from = present.get(range.lane) ?? null
      const to =
        change.kind === 'reset'
          ? range[change.to]
          : change.kind === 'rewind'
            ? await tools.at(range.lane, change.toMs)
            : await tools.past(range.lane, change.past)
      return { lane: range.lane, from, to, records: tools.distance(from ?? range.earliest, to) }
    }),
  )
}

class PipelinesPort implements Pipelines {
  readonly #parts: PipelinesParts

  constructor(parts: PipelinesParts) {
    this.#parts = parts
  }

  list(): Promise<readonly PipelineStatus[]> {
    return this.#statuses(
      this.#parts.configuration().pipelines.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    )
  }

  async one(name: string): Promise<PipelineStatus | null> {
    const pipeline = this.#parts.configuration().pipelines.find((candidate) => candidate.name === name)
    return pipeline === undefined ? null : ((await this.#statuses([pipeline]))[0] ?? null)
  }

  async text(name: string): Promise<PipelineText> {
    this.#find(name)
    const { revision, text, file } = this.#parts.text()
    const slice = pipelineText(text, name)
    return { text: slice?.text ?? null, file, line: slice?.line ?? null, revision }
  }

  async outcomes(name: string): Promise<readonly RecentOutcome[]> {
    this.#find(name)
    const alive = await this.#parts.processes.list(believedForMs)
    const runs = alive.flatMap((process) => readRunStatuses(process.status))
    return outcomesOf(runs.filter((run) => run.pipeline === name))
  }

  async want(name: string, state: DesiredState, by: string): Promise<void> {
    this.#find(name)
    await this.#parts.definitions.want(name, state, by)
  }

  async positions(name: string): Promise<readonly PositionRow[]> {
    const pipeline = this.#find(name)
    await using tools = await this.#tools(pipeline)
    const ranges = new Map((await (tools?.lanes() ?? [])).map((range) => [range.lane, range]))
    const rows = new Map((await this.#rows(pipeline)).map((row) => [row.lane, row]))
    return [...new Set([...ranges.keys(), ...rows.keys()])].map((lane) => ({
      lane,
      position: rows.get(lane)?.position ?? null,
      earliest: ranges.get(lane)?.earliest ?? null,
      latest: ranges.get(lane)?.latest ?? null,
      committedAtMs: rows.get(lane)?.committedAtMs ?? null,
    }))
  }

  async planMove(name: string, change: PositionChange): Promise<readonly PositionMove[]> {
    const pipeline = this.#find(name)
    await using tools = await this.#tools(pipeline)
    if (tools === null) {
      const problem = `reads with ${pipeline.source.use}, which cannot be moved`
      throw fault('CONFLICT', { what: `Pipeline ${name}`, problem })
    }
    const present = new Map((await this.#rows(pipeline)).map((row) => [row.lane, row.position]))
    // Awaited here: the tools are closed when this function is left.
    return await planIn(tools, await tools.lanes(), present, change)
  }

  async move(name: string, moves: readonly PositionMove[], by: string): Promise<void> {
    const pipeline = this.#find(name)
    if (((await this.#parts.definitions.desired()).get(name) ?? 'running') === 'running') {
      throw fault('CONFLICT', { what: `Pipeline ${name}`, problem: 'runs; pause or stop it first' })
    }
    const positions = new Map(moves.map((move) => [move.lane, move.to]))
    await (await this.#parts.positions(pipeline)).move(name, positions, by)
  }

  #find(name: string): ConfiguredPipeline {
    const found = this.#parts.configuration().pipelines.find((pipeline) => pipeline.name === name)
    if (found === undefined) throw fault('NOT_FOUND', { kind: 'pipeline', name })
    return found
  }

  async #rows(pipeline: ConfiguredPipeline): Promise<readonly LaneRow[]> {
    return (await this.#parts.positions(pipeline)).lanes(pipeline.name)
  }

  /** A sink's own database may be away, which its pipeline tells as its reason: all others are still shown. */
  async #rowsWhileReachable(pipeline: ConfiguredPipeline): Promise<readonly LaneRow[]> {
    try {
      return await this.#rows(pipeline)
    } catch {
      return []
    }
  }

  /** Opens what can move the positions of a pipeline's source. */
  async #tools(pipeline: ConfiguredPipeline): Promise<PositionTools | null> {
    const { openPositions } = sourceOf(pipeline)
    if (openPositions === undefined) return null
    return openPositions(pipeline.source.options, openContextFor(this.#parts.openBase(), pipeline.name))
  }

  async #statuses(chosen: readonly ConfiguredPipeline[]): Promise<readonly PipelineStatus[]> {
    const [alive, desired, changedAt, waiting] = await Promise.all([
      this.#parts.processes.list(believedForMs),
      this.#parts.definitions.desired(),
      this.#parts.definitions.desiredSinceMs(),
      this.#parts.deadLetters.counts(),
    ])
    const told = alive.flatMap((process) => readRunStatuses(process.status))
    return Promise.all(
      chosen.map(async (pipeline) =>
        statusOf(
          pipeline,
          await this.#rowsWhileReachable(pipeline),
          told.filter((run) => run.pipeline === pipeline.name),
          desired.get(pipeline.name) ?? 'running',
          waiting.get(pipeline.name) ?? 0,
          changedAt.get(pipeline.name) ?? this.#parts.startedAtMs,
          groupOf(pipeline, this.#parts.namespace),
        ),
      ),
    )
  }
}

export const createPipelines = (parts: PipelinesParts): Pipelines => new PipelinesPort(parts)
