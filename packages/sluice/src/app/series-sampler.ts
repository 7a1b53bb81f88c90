/** Measures every few seconds what charts show, in one server of all: it writes, sums up and forgets. */
import type { Pipelines } from '../api/ports.ts'
import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { LeaseStore } from '../store/leases.ts'
import type { SeriesStore } from '../store/series.ts'
import { resolutions, rollupsDue, sampleMs } from './series-plan.ts'
import { type Look, pointsOf } from './series-samples.ts'

export interface SamplerParts {
  readonly store: SeriesStore
  readonly leases: LeaseStore
  /** This process, unique among all. */
  readonly owner: string
  readonly pipelines: Pick<Pipelines, 'list'>
  /** Records ever written, by topic; rejects where the cluster does not answer. */
  readonly topics: () => Promise<ReadonlyMap<string, number>>
  readonly groupLag: () => Promise<ReadonlyMap<string, number>>
  readonly clock: Clock
  readonly logger: Logger
}

/** No pipeline can have this name. */
const leaseName = '(series)'
const leaseMs = sampleMs * 3
const forgetEveryMs = 60_000
const forgetNamesEveryMs = 3_600_000

class Sampler {
  readonly #parts: SamplerParts
  #before: Look | null = null
  /** Up to where each length was summed up. */
  readonly #done = new Map<number, number | null>()
  #forgottenAtMs = 0
  #namesForgottenAtMs: number

  constructor(parts: SamplerParts) {
    this.#parts = parts
    this.#namesForgottenAtMs = parts.clock.now()
  }

  async #holdsLease(): Promise<boolean> {
    const { leases, owner } = this.#parts
    return (await leases.hold(leaseName, ['0'], owner, 1, leaseMs)).length > 0
  }

  async #look(atMs: number): Promise<Look> {
    const { pipelines, topics, groupLag } = this.#parts
    const none = new Map<string, number>()
    // Without Kafka the rest is measured all the same.
    const [statuses, written, lag] = await Promise.all([
      pipelines.list(),
      topics().catch(() => none),
      groupLag().catch(() => none),
    ])
    return { atMs, pipelines: statuses, topics: written, groupLag: lag }
  }

  /** One sample, at a full stretch: it tells about the stretch before. */
  async sample(): Promise<void> {
    const { clock, store } = this.#parts
    if (!(await this.#holdsLease())) {
      this.#before = null
      this.#done.clear()
      return
    }
    const nowMs = clock.now()
    const look = await this.#look(nowMs)
    const points = pointsOf(this.#before, look)
    this.#before = look
    const beganMs = Math.floor(nowMs / sampleMs) * sampleMs - sampleMs
    await store.write(resolutions[0].stepS, beganMs, points)
    await this.#sumUp(nowMs)
    await this.#forget(nowMs)
  }

  async #sumUp(nowMs: number): Promise<void> {
    const { store } = this.#parts
    for (const { stepS } of resolutions.slice(1)) {
      if (!this.#done.has(stepS)) this.#done.set(stepS, await store.newest(stepS))
    }
    for (const rollup of rollupsDue(this.#done, nowMs)) {
      await store.rollUp(rollup)
      this.#done.set(rollup.toS, rollup.toMs)
    }
  }

  async #forget(nowMs: number): Promise<void> {
    const { store } = this.#parts
    if (nowMs - this.#forgottenAtMs < forgetEveryMs) return
    this.#forgottenAtMs = nowMs
    for (const { stepS, keepMs } of resolutions) await store.forget(stepS, nowMs - keepMs)
    if (nowMs - this.#namesForgottenAtMs < forgetNamesEveryMs) return
    this.#namesForgottenAtMs = nowMs
    await store.forgetNames()
  }

  async release(): Promise<void> {
    const { leases, owner } = this.#parts
    await leases.release(leaseName, ['0'], owner)
  }
}

/** Samples at every full stretch until the signal aborts; trouble leaves a gap. */
export const keepSeries = async (parts: SamplerParts, signal: AbortSignal): Promise<void> => {
  const sampler = new Sampler(parts)
  const { clock, logger } = parts
  while (!signal.aborted) {
    await clock.sleep(sampleMs - (clock.now() % sampleMs), signal)
    if (signal.aborted) break
    try {
      await sampler.sample()
    } catch (error) {
      logger.debug('a sample of the series is missing', { problem: messageOf(error) })
    }
  }
  await sampler.release().catch(() => undefined)
}
