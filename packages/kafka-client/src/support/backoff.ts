/** Waiting times between attempts: exponential with jitter, bounded. */
import type { Random } from './random.ts'

export interface BackoffPolicy {
  readonly firstMs: number
  readonly mostMs: number
}

/** How long to wait before attempt `attempt` + 1 (attempts count from 1). At least a quarter of the full step. */
export const backoffMs = (policy: BackoffPolicy, attempt: number, random: Random): number => {
  const full = Math.min(policy.mostMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(full * (0.25 + 0.75 * random()))
}
