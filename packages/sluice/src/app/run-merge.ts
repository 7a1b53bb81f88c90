/** What the processes of one pipeline told, put together; and what its parts promise together. Pure. */
import type { PipelineStatus, StepStatus } from '../api/ports.ts'
import type { ConfiguredPipeline } from '../config/configuration.ts'
import type { Guarantee } from '../flow/connector.ts'
import { percentileOf } from '../pipelines/histogram.ts'
import type { RecentOutcome, PipelineStatus as RunStatus } from '../pipelines/status.ts'
import { sinkOf, sourceOf } from './prepare.ts'

export const stepsOf = (
  pipeline: Pick<ConfiguredPipeline, 'steps'>,
  runs: readonly RunStatus[],
): readonly StepStatus[] =>
  pipeline.steps.map(({ id, use }) => {
    const told = runs.flatMap((run) => run.steps.filter((step) => step.id === id))
    if (told.length === 0) return { id, use, work: null }
    const sum = (of: (step: (typeof told)[number]) => number): number =>
      told.reduce((total, step) => total + of(step), 0)
    const times = told.map((step) => step.times)
    return {
      id,
      use,
      work: {
        in: sum((step) => step.in),
        out: sum((step) => step.out),
        errors: sum((step) => step.errors),
        inPerSecond: sum((step) => step.in_per_second),
        p50Us: percentileOf(times, 0.5),
        p99Us: percentileOf(times, 0.99),
      },
    }
  })

export const latencyOf = (runs: readonly RunStatus[]): PipelineStatus['latency'] => {
  const times = runs.map((run) => run.latency)
  const p50Ms = percentileOf(times, 0.5)
  const p99Ms = percentileOf(times, 0.99)
  return p50Ms === null || p99Ms === null ? null : { p50Ms, p99Ms }
}

/** Newest first. */
export const outcomesOf = (runs: readonly RunStatus[]): readonly RecentOutcome[] =>
  runs.flatMap((run) => run.recent).toSorted((a, b) => b.at_ms - a.at_ms)

/** From the weakest on. */
const deliveries: readonly Guarantee['delivery'][] = [
  'at most once',
  'at least once',
  'exactly once in effect',
]

/** A flow promises what the weaker of its ends does. */
export const weakerOf = (source: Guarantee, sink: Guarantee): Guarantee => {
  const isSourceWeaker = deliveries.indexOf(source.delivery) < deliveries.indexOf(sink.delivery)
  const weaker = isSourceWeaker ? source : sink
  return { delivery: weaker.delivery, order: source.order, because: weaker.because }
}

export const guaranteeOf = (pipeline: ConfiguredPipeline): Guarantee =>
  weakerOf(sourceOf(pipeline).guarantee, sinkOf(pipeline).guarantee)
