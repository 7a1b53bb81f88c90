/** Answers of `health`: what is connected and whether pipelines run. */
import { type Answers, WithStatus } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { healthResource } from '../../contract/health.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { PipelineStatus, Pipelines } from '../ports.ts'
import type { RoundTripResult, RoundTrips } from '../round-trips.ts'

export interface HealthParts {
  readonly version: string
  readonly startedAtMs: number
  readonly clock: Clock
  readonly roundTrips: RoundTrips
  readonly pipelines: Pipelines
  readonly closing: AbortSignal
  readonly openApi: () => Record<string, unknown>
}

type Health = AnswerOf<(typeof healthResource)['endpoints']['health']>

/** Names under which round trips are told in `/health`. */
export const healthChecks = { kafka: 'kafka', database: 'database', sqs: 'sqs' } as const

const working: readonly PipelineStatus['state'][] = ['starting', 'running']

/** One word for all pipelines together. Decides only. */
export const streamStatusOf = (pipelines: readonly PipelineStatus[]): Health['stream_status'] => {
  if (pipelines.some(({ state }) => state === 'degraded' || state === 'failed')) return 'degraded'
  return pipelines.some(({ state }) => working.includes(state)) ? 'running' : 'stopped'
}

const connected = (results: readonly RoundTripResult[], name: string): boolean | null =>
  results.find((result) => result.name === name)?.ok ?? null

const iso = (ms: number): string => new Date(ms).toISOString()

/** What `/health` answers and the front page shows. */
export const healthOf =
  ({ clock, pipelines, roundTrips, startedAtMs, version }: Omit<HealthParts, 'closing' | 'openApi'>) =>
  async (): Promise<Health> => {
    const results = await roundTrips.current()
    const database = connected(results, healthChecks.database) ?? false
    const kafka = connected(results, healthChecks.kafka) ?? false
    // Pipelines are kept in the database: without it their state is not known, so nothing runs for sure.
    const known = database ? await pipelines.list().catch(() => []) : []
    const stream = streamStatusOf(known)
    const well = stream === 'degraded' ? 'degraded' : 'healthy'
    return {
      status: database && kafka ? well : 'unhealthy',
      kafka_connected: kafka,
      database_connected: database,
      sqs_connected: connected(results, healthChecks.sqs),
      stream_status: stream,
      version,
      uptime_seconds: Math.max(0, Math.floor((clock.now() - startedAtMs) / 1000)),
      timestamp: iso(clock.now()),
    }
  }

export const healthAnswers = (parts: HealthParts): Answers<typeof healthResource> => {
  const { clock, closing, roundTrips, version } = parts
  const health = healthOf(parts)
  return {
    root: () =>
      Promise.resolve({ status: 'healthy', service: 'sluice', version, timestamp: iso(clock.now()) }),
    health,
    api_health: health,
    ready: async () => {
      const results = await roundTrips.current()
      const ready = !closing.aborted && results.every(({ ok }) => ok)
      const body = {
        ready,
        checks: results.map((result) => ({
          name: result.name,
          ok: result.ok,
          checked_at: iso(result.checkedAtMs),
          latency_ms: result.latencyMs,
          problem: result.problem,
        })),
        timestamp: iso(clock.now()),
      }
      return ready ? body : new WithStatus(503, body)
    },
    openapi: () => Promise.resolve(parts.openApi()),
  }
}
