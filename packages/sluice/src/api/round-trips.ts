/** What Sluice needs and whether it answers: round trips, each at most 5 s old when it is told. */
import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { RoundTrip } from './ports.ts'

export interface RoundTripResult {
  readonly name: string
  readonly ok: boolean
  readonly checkedAtMs: number
  readonly latencyMs: number
  readonly problem: string | null
}

export const roundTripAgeMsMax = 5_000
const deadlineMs = 3_000

/** Asks at most one round trip at a time of each, however many callers ask. */
export interface RoundTrips {
  current(): Promise<readonly RoundTripResult[]>
}

export const createRoundTrips = (trips: readonly RoundTrip[], clock: Clock): RoundTrips => {
  const checks = trips.map((trip) => createCheck(trip, clock))
  return { current: () => Promise.all(checks.map((check) => check())) }
}

const createCheck = (trip: RoundTrip, clock: Clock): (() => Promise<RoundTripResult>) => {
  let last: RoundTripResult | null = null
  let running: Promise<RoundTripResult> | null = null
  const run = async (): Promise<RoundTripResult> => {
    const startedAtMs = clock.now()
    const problem = await problemOf(trip, clock)
    const checkedAtMs = clock.now()
    last = {
      name: trip.name,
      ok: problem === null,
      checkedAtMs,
      latencyMs: checkedAtMs - startedAtMs,
      problem,
    }
    return last
  }
  return () => {
    if (last !== null && clock.now() - last.checkedAtMs < roundTripAgeMsMax) return Promise.resolve(last)
    running ??= run().finally(() => {
      running = null
    })
    return running
  }
}

const problemOf = async (trip: RoundTrip, clock: Clock): Promise<string | null> => {
  const done = new AbortController()
  try {
    return await Promise.race([
      trip.ping().then(() => null),
      clock.sleep(deadlineMs, done.signal).then(() => `no answer within ${deadlineMs / 1000} s`),
    ])
  } catch (error) {
    return messageOf(error)
  } finally {
    done.abort()
  }
}
