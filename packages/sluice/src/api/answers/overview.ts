/** Answer of `overview`: all pipelines in a few figures. Computed from their states alone. */
import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { overviewResource } from '../../contract/overview.ts'
import { pipelineStates } from '../../contract/pipelines.ts'
import { addLedger, emptyLedger, ledgerGap } from '../../flow/ledger.ts'
import type { Clock } from '../../kernel/clock.ts'
import { counted } from '../../kernel/plural.ts'
import type { PipelineStatus, Pipelines } from '../ports.ts'

type Overview = AnswerOf<(typeof overviewResource)['endpoints']['show']>
type Need = Overview['needs_you'][number]

const needsMax = 100

const sumOf = (
  all: readonly PipelineStatus[],
  rate: (rates: NonNullable<PipelineStatus['rates']>) => number,
): number | null => {
  const told = all.flatMap(({ rates }) => (rates === null ? [] : [rate(rates)]))
  return told.length === 0 ? null : told.reduce((sum, one) => sum + one, 0)
}

const worstLagOf = (all: readonly PipelineStatus[]): Overview['worst_lag'] => {
  let worst: Overview['worst_lag'] = null
  for (const { name, lag } of all) {
    if (lag === null) continue
    const seconds = lag.behindMs === null ? null : Math.max(0, lag.behindMs) / 1000
    const isWorse =
      worst === null ||
      (seconds ?? -1) > (worst.seconds ?? -1) ||
      ((seconds ?? -1) === (worst.seconds ?? -1) && lag.records > worst.records)
    if (isWorse) worst = { pipeline: name, records: lag.records, seconds }
  }
  return worst
}

const problems: readonly Need['problem'][] = ['failed', 'unbalanced', 'degraded', 'dead_letters']

const needsOf = ({ name, state, reason, ledger, deadLetters }: PipelineStatus): readonly Need[] => {
  const needs: Need[] = []
  if (state === 'failed' || state === 'degraded') {
    const why = reason === null ? '' : `: ${reason}`
    needs.push({ pipeline: name, problem: state, text: `${name} is ${state}${why}` })
  }
  const gap = ledgerGap(ledger)
  if (gap !== 0) {
    const what = gap > 0 ? 'did not end in any outcome' : 'ended more often than they came in'
    needs.push({
      pipeline: name,
      problem: 'unbalanced',
      text: `${counted(Math.abs(gap), 'record')} of ${name} ${what}`,
    })
  }
  if (deadLetters > 0) {
    needs.push({
      pipeline: name,
      problem: 'dead_letters',
      text: `${counted(deadLetters, 'dead letter')} of ${name} to look at`,
    })
  }
  return needs
}

/** The figures over all pipelines, at a time. */
export const overviewOf = (all: readonly PipelineStatus[], nowMs: number): Overview => {
  const ledger = all.reduce((sum, one) => addLedger(sum, one.ledger), emptyLedger)
  const needs = all.flatMap(needsOf)
  return {
    in_per_second: sumOf(all, ({ inPerSecond }) => inPerSecond),
    out_per_second: sumOf(all, ({ outPerSecond }) => outPerSecond),
    worst_lag: worstLagOf(all),
    dead_letters: all.reduce((sum, one) => sum + one.deadLetters, 0),
    ledger: { ...ledger, gap: ledgerGap(ledger) },
    pipelines: {
      total: all.length,
      by_state: pipelineStates
        .map((state) => ({ state, count: all.filter((one) => one.state === state).length }))
        .filter(({ count }) => count > 0),
    },
    needs_you: problems
      .flatMap((problem) => needs.filter((need) => need.problem === problem))
      .slice(0, needsMax),
    timestamp: new Date(nowMs).toISOString(),
  }
}

export const overviewAnswers = (pipelines: Pipelines, clock: Clock): Answers<typeof overviewResource> => ({
  show: async () => overviewOf(await pipelines.list(), clock.now()),
})
