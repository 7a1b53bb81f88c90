/** Answer of `metrics`: the state of Sluice in Prometheus' text format. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Answers } from '../../contract/answers.ts'
import { metrics, type metricsResource } from '../../contract/metrics.ts'
import { pipelineStates } from '../../contract/pipelines.ts'
import { ledgerGap } from '../../flow/ledger.ts'
import { outcomes } from '../../flow/outcome.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { PipelineStatus, Pipelines } from '../ports.ts'
import { metricsText, type Sample } from '../prometheus.ts'
import type { RequestTimes } from '../request-times.ts'
import type { RoundTrips } from '../round-trips.ts'

const pipelineSamples = (status: PipelineStatus): Sample[] => {
  const labels = { pipeline: status.name }
  const { ledger } = status
  const samples: Sample[] = [
    ...pipelineStates.map((state) => ({
      metric: metrics.state,
      labels: { ...labels, state },
      value: status.state === state ? 1 : 0,
    })),
    { metric: metrics.records, labels: { ...labels, outcome: 'in' }, value: ledger.in },
    ...outcomes.map((outcome) => ({
      metric: metrics.records,
      labels: { ...labels, outcome },
      value: ledger[outcome],
    })),
    { metric: metrics.inFlight, labels, value: ledger.in_flight },
    { metric: metrics.gap, labels, value: ledgerGap(ledger) },
    { metric: metrics.deadLetters, labels, value: status.deadLetters },
  ]
  const { lag } = status
  if (lag !== null) {
    samples.push({ metric: metrics.lagRecords, labels, value: lag.records })
    if (lag.behindMs !== null)
      samples.push({ metric: metrics.lagSeconds, labels, value: lag.behindMs / 1000 })
  }
  return samples
}

export interface MetricsParts {
  readonly version: string
  readonly startedAtMs: number
  readonly clock: Clock
  readonly roundTrips: RoundTrips
  readonly pipelines: Pipelines
  readonly requestTimes: RequestTimes
  /** Ends what was started here. */
  readonly closing: AbortSignal
}

export const metricsAnswers = (parts: MetricsParts): Answers<typeof metricsResource> => {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  parts.closing.addEventListener('abort', () => delay.disable(), { once: true })
  const processSamples = (): Sample[] => {
    const { user, system } = process.cpuUsage()
    const loopSeconds = delay.percentile(99) / 1e9
    delay.reset()
    return [
      { metric: metrics.info, labels: { version: parts.version }, value: 1 },
      { metric: metrics.uptime, labels: {}, value: (parts.clock.now() - parts.startedAtMs) / 1000 },
      { metric: metrics.memory, labels: {}, value: process.memoryUsage.rss() },
      { metric: metrics.cpu, labels: {}, value: (user + system) / 1e6 },
      { metric: metrics.loop, labels: {}, value: loopSeconds },
    ]
  }
  return {
    prometheus: async () => {
      const trips = await parts.roundTrips.current()
      // Metrics are wanted most when something is gone: what is known without it is still given.
      const pipelines = await parts.pipelines.list().catch(() => [])
      return metricsText([
        ...processSamples(),
        ...trips.map(({ name, ok }) => ({ metric: metrics.check, labels: { to: name }, value: ok ? 1 : 0 })),
        ...pipelines.flatMap(pipelineSamples),
        ...parts.requestTimes.samples(),
      ])
    },
  }
}
