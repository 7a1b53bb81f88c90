/** A bound on attempts at what one could guess: by address, and altogether. Bounded in memory too. */
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'

const windowMs = 60_000

export interface Attempts {
  /** Counts an attempt. @throws fault TOO_BUSY where there were too many within the minute */
  admit(address: string): void
}

export const createAttempts = (clock: Clock): Attempts => {
  let windowFromMs = Number.NEGATIVE_INFINITY
  let altogether = 0
  const byAddress = new Map<string, number>()
  return {
    admit: (address) => {
      const now = clock.now()
      if (now - windowFromMs >= windowMs) {
        windowFromMs = now
        altogether = 0
        byAddress.clear()
      }
      const before = byAddress.get(address) ?? 0
      const retryAfterSeconds = Math.max(1, Math.ceil((windowFromMs + windowMs - now) / 1_000))
      const busy = (limit: number): Error =>
        fault('TOO_BUSY', { what: 'Signing in', limit: `${limit} attempts a minute`, retryAfterSeconds })
      if (altogether >= limits.signInAttemptsMax) throw busy(limits.signInAttemptsMax)
      if (before >= limits.signInAttemptsByAddressMax) throw busy(limits.signInAttemptsByAddressMax)
      // There are never more addresses than attempts.
      altogether += 1
      byAddress.set(address, before + 1)
    },
  }
}
