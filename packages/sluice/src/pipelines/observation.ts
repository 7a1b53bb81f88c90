/**
 * What a run of a pipeline notices about its own work: records and time by step, how long delivery takes, and a sample of how
 * records ended. By batch: nothing here happens for each record. Bounded, whatever goes through.
 */
import { type Outcome, outcomeCode, outcomes } from '../flow/outcome.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { Step } from '../flow/step.ts'
import type { Stopwatch } from '../kernel/clock.ts'
import type { Fault } from '../kernel/faults/index.ts'
import { RecentTimes } from './histogram.ts'
import { RateWindow } from './rates.ts'
import type { RecentOutcome, StepStatus } from './status.ts'

/** A record that a step or the sink refused. */
export interface Refusal {
  /** Index in the batch. */
  readonly record: number
  readonly step: string
  readonly reason: Fault
}

/** A record that a step ended: the first of each step and batch. */
export interface EndedSample {
  readonly record: number
  readonly step: string
  readonly outcome: Outcome
}

/** What a step did with one batch. */
export interface StepWork {
  readonly in: number
  readonly out: number
  readonly errors: number
  readonly elapsedMs: number
}

const stepSlotMs = 30_000
const latencySlotMs = 5_000
const keptOfEach = 8
const refusalsOfBatch = 4
const reasonCharsMax = 300

interface StepSums {
  in: number
  out: number
  errors: number
  readonly times: RecentTimes
  readonly rates: RateWindow
}

export class Observation {
  readonly stopwatch: Stopwatch
  readonly #now: () => number
  readonly #steps: ReadonlyMap<string, StepSums>
  readonly #latency: RecentTimes
  /** Newest last, so many of each kind. */
  readonly #recent = new Map<Outcome, RecentOutcome[]>()

  constructor(steps: readonly Pick<Step, 'id'>[], stopwatch: Stopwatch, now: () => number) {
    this.stopwatch = stopwatch
    this.#now = now
    this.#latency = new RecentTimes(latencySlotMs, now())
    this.#steps = new Map(
      steps.map(({ id }) => [
        id,
        { in: 0, out: 0, errors: 0, times: new RecentTimes(stepSlotMs, now()), rates: new RateWindow() },
      ]),
    )
  }

  /** A step has worked a batch. */
  stepDone(id: string, work: StepWork): void {
    const sums = this.#steps.get(id)
    if (sums === undefined) return
    sums.in += work.in
    sums.out += work.out
    sums.errors += work.errors
    if (work.in > 0) sums.times.add((work.elapsedMs * 1_000) / work.in, work.in, this.#now())
  }

  /** Records are committed, so long after they were read. */
  delivered(count: number, afterMs: number): void {
    this.#latency.add(afterMs, count, this.#now())
  }

  /** A batch is committed. */
  ended(
    batch: RecordBatch,
    codes: Uint8Array,
    refusals: readonly Refusal[],
    ended: readonly EndedSample[],
  ): void {
    for (const { record, step, reason } of refusals.slice(0, refusalsOfBatch)) {
      const told = reason.message.slice(0, reasonCharsMax)
      this.#keep(batch, record, { outcome: 'dead_lettered', step, code: reason.code, reason: told })
    }
    for (const { record, step, outcome } of ended) {
      this.#keep(batch, record, { outcome, step, code: null, reason: null })
    }
    for (const outcome of ['delivered', 'deduplicated'] as const) {
      if (ended.some((sample) => sample.outcome === outcome)) continue
      const record = codes.indexOf(outcomeCode[outcome])
      const step = outcome === 'delivered' ? null : 'sink'
      if (record >= 0) this.#keep(batch, record, { outcome, step, code: null, reason: null })
    }
  }

  #keep(
    batch: RecordBatch,
    record: number,
    what: Pick<RecentOutcome, 'outcome' | 'step' | 'code' | 'reason'>,
  ): void {
    const kept = this.#recent.get(what.outcome) ?? []
    this.#recent.set(what.outcome, kept)
    const number = String(batch.numberOf(record))
    kept.push({ at_ms: this.#now(), ...what, lane: batch.origin.lane, number })
    if (kept.length > keptOfEach) kept.shift()
  }

  /** At most `most` samples, newest of each kind first, so that what is rare is not crowded out. */
  recent(most: number): readonly RecentOutcome[] {
    const told: RecentOutcome[] = []
    for (let age = 1; age <= keptOfEach; age++) {
      for (const outcome of outcomes) {
        const sample = this.#recent.get(outcome)?.at(-age)
        if (sample !== undefined && told.length < most) told.push(sample)
      }
    }
    return told
  }

  steps(): readonly StepStatus[] {
    const nowMs = this.#now()
    return [...this.#steps].map(([id, sums]) => ({
      id,
      in: sums.in,
      out: sums.out,
      errors: sums.errors,
      in_per_second: sums.rates.take({ atMs: nowMs, in: sums.in, outputs: sums.out }).inPerSecond,
      times: sums.times.counts(nowMs),
    }))
  }

  latency(): StepStatus['times'] {
    return this.#latency.counts(this.#now())
  }
}
