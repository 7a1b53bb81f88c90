/** Answers of `pipelines`: state, control and positions. */

import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { pipelinesResource } from '../../contract/pipelines.ts'
import { ledgerGap } from '../../flow/ledger.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { Lag, PipelineStatus, Pipelines, PipelineText, PositionChange, PositionMove } from '../ports.ts'

type Endpoints = (typeof pipelinesResource)['endpoints']
type Summary = AnswerOf<Endpoints['list']>['data'][number]
type Detail = AnswerOf<Endpoints['show']>
type Moved = AnswerOf<Endpoints['reset']>

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const lagBody = (lag: Lag | null): Summary['lag'] =>
  lag === null
    ? null
    : { records: lag.records, seconds: lag.behindMs === null ? null : Math.max(0, lag.behindMs) / 1000 }

const summaryOf = (status: PipelineStatus): Summary => ({
  name: status.name,
  state: status.state,
  since: new Date(status.sinceMs).toISOString(),
  reason: status.reason,
  source: status.source,
  sink: status.sink,
  rates:
    status.rates === null
      ? null
      : { in_per_second: status.rates.inPerSecond, out_per_second: status.rates.outPerSecond },
  lag: lagBody(status.lag),
  ledger: { ...status.ledger, gap: ledgerGap(status.ledger) },
  dead_letters: status.deadLetters,
})

const detailOf = (status: PipelineStatus, definition: PipelineText): Detail => ({
  ...summaryOf(status),
  definition: { ...definition },
  guarantee: { ...status.guarantee },
  latency: status.latency === null ? null : { p50_ms: status.latency.p50Ms, p99_ms: status.latency.p99Ms },
  steps: status.steps.map(({ id, use, work }) => ({
    id,
    use,
    in: work?.in ?? null,
    out: work?.out ?? null,
    errors: work?.errors ?? null,
    p50_us: work?.p50Us ?? null,
    p99_us: work?.p99Us ?? null,
    in_per_second: work?.inPerSecond ?? null,
  })),
  reads: [...status.reads],
  writes: [...status.writes],
  lanes: status.lanes.map((lane) => ({
    lane: lane.lane,
    position: lane.position,
    owner: lane.owner,
    epoch: lane.epoch,
    lag: lagBody(lane.lag),
    committed_at: isoOrNull(lane.committedAtMs),
  })),
})

/** What a move did or would do, in a sentence. */
const movedBody = (name: string, moves: readonly PositionMove[], applied: boolean): Moved => {
  const records = moves.reduce((sum, move) => sum + (move.records ?? 0), 0)
  const effect =
    records < 0
      ? `${counted(-records, 'record')} to be read again`
      : records > 0
        ? `${counted(records, 'record')} left out`
        : 'no record is read again or left out, as far as is known'
  return {
    message: applied
      ? `Pipeline ${name} reads on from there in ${counted(moves.length, 'lane')}: ${effect}.`
      : `Nothing is changed yet. In ${counted(moves.length, 'lane')} of ${name}: ${effect}.`,
    applied,
    moves: moves.map(({ lane, from, to, records: number }) => ({ lane, from, to, records: number })),
  }
}

export const pipelinesAnswers = (pipelines: Pipelines, clock: Clock): Answers<typeof pipelinesResource> => {
  const known = async (name: string): Promise<PipelineStatus> => {
    const status = await pipelines.one(name)
    if (status === null) throw fault('NOT_FOUND', { kind: 'pipeline', name })
    return status
  }
  const want = async (
    name: string,
    state: 'running' | 'paused' | 'stopped',
    by: string,
    word: string,
  ): Promise<AnswerOf<Endpoints['start']>> => {
    await pipelines.want(name, state, by)
    return { message: `Pipeline ${name} ${word}.`, name, state: (await known(name)).state }
  }
  const move = async (name: string, change: PositionChange, dryRun: boolean, by: string): Promise<Moved> => {
    const moves = await pipelines.planMove(name, change)
    if (!dryRun) await pipelines.move(name, moves, by)
    return movedBody(name, moves, !dryRun)
  }
  return {
    list: async () => {
      const data = (await pipelines.list()).map(summaryOf)
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    show: async ({ params: { name } }) => {
      const [status, text] = await Promise.all([known(name), pipelines.text(name)])
      return detailOf(status, text)
    },
    outcomes: async ({ params, query }) => {
      const samples = await pipelines.outcomes(params.name)
      const data = samples.slice(0, query.limit).map(({ at_ms: atMs, ...sample }) => ({
        at: new Date(atMs).toISOString(),
        ...sample,
      }))
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    start: ({ params, principal }) => want(params.name, 'running', principal.name, 'starts'),
    stop: ({ params, principal }) => want(params.name, 'stopped', principal.name, 'stops'),
    pause: ({ params, principal }) => want(params.name, 'paused', principal.name, 'pauses'),
    position: async ({ params }) => {
      const data = (await pipelines.positions(params.name)).map(({ committedAtMs, ...row }) => ({
        ...row,
        committed_at: isoOrNull(committedAtMs),
      }))
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    reset: ({ params, body, principal }) =>
      move(
        params.name,
        { kind: 'reset', to: body.to, lanes: body.lanes ?? null },
        body.dry_run,
        principal.name,
      ),
    rewind: ({ params, body, principal }) =>
      move(
        params.name,
        { kind: 'rewind', toMs: Date.parse(body.to), lanes: body.lanes ?? null },
        body.dry_run,
        principal.name,
      ),
    skip: ({ params, body, principal }) =>
      move(
        params.name,
        { kind: 'skip', lane: body.lane, past: BigInt(body.past) },
        body.dry_run,
        principal.name,
      ),
  }
}
