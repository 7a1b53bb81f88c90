/**
 * Delivers one batch of a lane: steps, sink, commit, in that order, until it is durable or the claim is lost.
 *
 * - Sinks with a commit store of their own write rows and commit in one transaction.
 * - For others the commit follows the sink's acknowledgement; when only the commit fails, only the commit is
 *   repeated, never the rows.
 */
import type { CommitInSink, CommitStore, LaneClaim, LaneCommit, WriteResult } from '../flow/commit.ts'
import { emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import { countOutcomes, outcomeCode } from '../flow/outcome.ts'
import type { RetryPolicy } from '../flow/pipeline.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { SinkSession } from '../flow/sink.ts'
import type { Step } from '../flow/step.ts'
import { backoffMs } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { recoveryOf } from '../kernel/faults/index.ts'
import type { Random } from '../kernel/random.ts'
import type { Observation, Refusal } from './observation.ts'
import { deadLetterOf, runSteps, type Worked } from './work.ts'

export interface DeliveryParts {
  readonly steps: readonly Step[]
  readonly sink: SinkSession
  /** Id of the sink in dead letters. */
  readonly sinkId: string
  /** Where lanes are committed when the sink has no store of its own. */
  readonly store: CommitStore
  readonly retry: RetryPolicy
  readonly clock: Clock
  readonly random: Random
  readonly observation: Observation
  /** Told of each failed attempt and of the success after it. */
  readonly onTrouble: (error: unknown, attempt: number) => void
  readonly onSuccess: () => void
  /** Told now and then while an attempt gets no answer; `onSuccess` or `onTrouble` follows. */
  readonly onSilence: (silentMs: number) => void
}

export interface Delivered {
  readonly batch: RecordBatch
  readonly outcomes: Uint8Array
  readonly counts: LedgerCounts
  /** The claim to build the next commit on. */
  readonly claim: LaneClaim
}

/** What a redriven batch is made of: the letters by record. */
export interface Redrive {
  readonly letterIds: readonly number[]
}

export const commitStoreOf = (parts: DeliveryParts): CommitStore => parts.sink.commitStore ?? parts.store

const nothingWritten: WriteResult = { refused: [], deduplicated: [] }

/** The commit of a batch, given how the sink took its rows. */
const commitOf = (
  parts: DeliveryParts,
  claim: LaneClaim,
  worked: Worked,
  result: WriteResult,
  redrive: Redrive | null,
): { commit: LaneCommit; outcomes: Uint8Array; refusals: readonly Refusal[] } => {
  const outcomes = Uint8Array.from(worked.outcomes)
  const { rows, batch } = worked
  for (let row = 0; row < rows.count; row++) outcomes[rows.recordOf(row)] = outcomeCode.delivered
  for (const row of result.deduplicated) outcomes[rows.recordOf(row)] = outcomeCode.deduplicated
  const refusals: Refusal[] = [...worked.refusals]
  for (const { row, reason } of result.refused) {
    const record = rows.recordOf(row)
    outcomes[record] = outcomeCode.dead_lettered
    refusals.push({ record, step: parts.sinkId, reason })
  }
  const counts: LedgerCounts = {
    ...countOutcomes(outcomes),
    in: batch.count,
    in_flight: 0,
    outputs: rows.count - result.refused.length - result.deduplicated.length,
  }
  const commit: LaneCommit = {
    pipeline: claim.pipeline,
    lane: claim.lane,
    epoch: claim.epoch,
    expected: claim.position,
    next: batch.origin.next,
    counts,
    deadLetters: redrive === null ? refusals.map((refusal) => deadLetterOf(batch, refusal, 1)) : [],
  }
  return {
    outcomes,
    refusals,
    commit: redrive === null ? commit : { ...commit, redriven: redriveOutcome(redrive, refusals) },
  }
}

const redriveOutcome = (
  redrive: Redrive,
  refusals: readonly Refusal[],
): NonNullable<LaneCommit['redriven']> => {
  const dead = new Map(refusals.map((refusal) => [refusal.record, refusal]))
  return {
    delivered: redrive.letterIds.filter((_, record) => !dead.has(record)),
    deadAgain: refusals.flatMap((refusal) => {
      const id = redrive.letterIds[refusal.record]
      return id === undefined
        ? []
        : [{ id, step: refusal.step, code: refusal.reason.code, reason: refusal.reason.message }]
    }),
  }
}

/** An attempt without an answer for so long is told. */
const silenceToldEveryMs = 10_000

const whileWatched = async <Result>(
  clock: Clock,
  attempt: () => Promise<Result>,
  onSilence: (silentMs: number) => void,
): Promise<Result> => {
  const answered = new AbortController()
  const watch = async (): Promise<void> => {
    for (let silentMs = silenceToldEveryMs; ; silentMs += silenceToldEveryMs) {
      await clock.sleep(silenceToldEveryMs, answered.signal)
      if (answered.signal.aborted) return
      onSilence(silentMs)
    }
  }
  const watching = watch()
  try {
    return await attempt()
  } finally {
    answered.abort()
    await watching
  }
}

/** Repeats `attempt` with back-off until it succeeds; gives up on a lost claim or on `signal`. */
const untilDone = async <Result>(
  parts: DeliveryParts,
  signal: AbortSignal,
  attempt: () => Promise<Result>,
): Promise<Result> => {
  let silent = false
  const onSilence = (silentMs: number): void => {
    silent = true
    parts.onSilence(silentMs)
  }
  for (let count = 1; ; count++) {
    signal.throwIfAborted()
    try {
      const result = await whileWatched(parts.clock, attempt, onSilence)
      if (count > 1 || silent) parts.onSuccess()
      return result
    } catch (error) {
      if (recoveryOf(error) === 'fenced' || signal.aborted) throw error
      parts.onTrouble(error, count)
      await parts.clock.sleep(backoffMs(parts.retry, count, parts.random), signal)
    }
  }
}

/**
 * @throws fault LANE_FENCED where the claim is lost, or the signal's reason; then nothing of the batch is committed
 *   by this call, or its outcome is unknown: read the position again before going on
 */
export const deliver = async (
  parts: DeliveryParts,
  claim: LaneClaim,
  batch: RecordBatch,
  signal: AbortSignal,
  redrive: Redrive | null = null,
): Promise<Delivered> => {
  const worked = runSteps(batch, parts.steps, parts.observation)
  const { sink } = parts
  const store = commitStoreOf(parts)
  const build = (result: WriteResult) => commitOf(parts, claim, worked, result, redrive)

  if (sink.commitStore !== undefined && worked.rows.count > 0) {
    const ownStore = sink.commitStore
    let done = build(nothingWritten)
    const commit: CommitInSink = {
      fence: (session) => ownStore.fenceIn(session, done.commit),
      record: (session, result) => {
        done = build(result)
        return ownStore.commitIn(session, done.commit)
      },
    }
    await untilDone(parts, signal, () => sink.write(worked.rows, commit, signal))
    return deliveredAs(parts, claim, worked, done)
  }

  const result =
    worked.rows.count > 0
      ? await untilDone(parts, signal, () => sink.write(worked.rows, null, signal))
      : nothingWritten
  const done = build(result)
  await untilDone(parts, signal, () => store.commit(done.commit))
  return deliveredAs(parts, claim, worked, done)
}

/** It is durable: tells whoever observes, and how the next commit goes on. */
const deliveredAs = (
  parts: DeliveryParts,
  claim: LaneClaim,
  { batch, ended }: Worked,
  { outcomes, commit, refusals }: ReturnType<typeof commitOf>,
): Delivered => {
  parts.observation.ended(batch, outcomes, refusals, ended)
  return { batch, outcomes, counts: commit.counts, claim: { ...claim, position: batch.origin.next } }
}

/** Commits a position that the source chose, with no records. @throws as `deliver` */
export const deliverMove = async (
  parts: DeliveryParts,
  claim: LaneClaim,
  position: string,
  signal: AbortSignal,
): Promise<LaneClaim> => {
  const { pipeline, lane, epoch, position: expected } = claim
  const commit: LaneCommit = {
    pipeline,
    lane,
    epoch,
    expected,
    next: position,
    counts: emptyLedger,
    deadLetters: [],
  }
  await untilDone(parts, signal, () => commitStoreOf(parts).commit(commit))
  return { ...claim, position }
}
