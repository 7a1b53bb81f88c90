/**
 * Brings dead letters back: those that somebody asked to redrive go in again at the step that refused them, edited or
 * as they came. They have a lane of their own, so that order and ledger of the others stay as they were.
 */
import { BatchBuilder } from '../flow/batch-builder.ts'
import type { CommitStore, LaneClaim, WaitingLetter } from '../flow/commit.ts'
import type { PipelineDefinition } from '../flow/pipeline.ts'
import { recordIdHeader } from '../flow/record-batch.ts'
import { messageOf } from '../kernel/faults/index.ts'
import { type DeliveryParts, deliver } from './delivery.ts'
import { type LeaseContext, leaseForMs } from './lease-keeper.ts'

export const redriveLane = 'redriven'
const lookEveryMs = 1_000
const lettersMax = 500

/** Letters that go in at the same step, oldest first. */
const groupByStep = (letters: readonly WaitingLetter[]): readonly (readonly WaitingLetter[])[] => [
  ...Map.groupBy(letters, (letter) => letter.step).values(),
]

const redriveGroup = async (
  definition: PipelineDefinition,
  parts: DeliveryParts,
  claim: LaneClaim,
  letters: readonly WaitingLetter[],
  signal: AbortSignal,
): Promise<LaneClaim> => {
  const builder = new BatchBuilder()
  const turn = BigInt(claim.position?.split(':')[1] ?? 0) + 1n
  for (const letter of letters) {
    const others = letter.headers.filter((header) => header.key !== recordIdHeader)
    builder.add({
      key: letter.key,
      value: letter.value,
      timeMs: letter.timeMs,
      // The id it had when it died, so that a reader that deduplicates knows it again.
      headers: [...others, { key: recordIdHeader, value: Buffer.from(letter.recordId) }],
      number: BigInt(letter.id),
    })
  }
  const batch = builder.build({
    pipeline: definition.name,
    incarnation: 'dead-letters',
    lane: redriveLane,
    stream: redriveLane,
    next: `redriven:${turn}`,
  })
  const step = letters[0]?.step
  const found = definition.steps.findIndex((candidate) => candidate.id === step)
  const delivered = await deliver(parts, claim, batch, signal, {
    letterIds: letters.map((letter) => letter.id),
    attempts: letters.map((letter) => letter.attempts),
    // A step that left the file since: the record goes through all that are there now, unless the sink refused it.
    fromStep: found >= 0 ? found : step === parts.sinkId ? definition.steps.length : 0,
  })
  return delivered.claim
}

/** Looks for letters to redrive until the signal aborts; one process at a time does, by lease. */
export const redriveLetters = async (
  definition: PipelineDefinition,
  parts: DeliveryParts,
  store: CommitStore,
  context: LeaseContext,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, leases, owner, logger } = context
  while (!signal.aborted) {
    try {
      const waiting = await store.toRedrive(definition.name, lettersMax)
      if (waiting.length > 0) {
        const held = await leases.hold(definition.name, [redriveLane], owner, 1, leaseForMs)
        if (held.length > 0) {
          let claim = await store.claim({ pipeline: definition.name, lane: redriveLane }, owner, null)
          // Read again under the claim: what another process redrove meanwhile is not ours to repeat.
          const letters = await store.toRedrive(definition.name, lettersMax)
          for (const group of groupByStep(letters.toSorted((a, b) => a.id - b.id))) {
            claim = await redriveGroup(definition, parts, claim, group, signal)
          }
          await leases.release(definition.name, [redriveLane], owner)
        }
      }
    } catch (error) {
      if (!signal.aborted) logger.debug('redriving will be tried again', { problem: messageOf(error) })
    }
    await clock.sleep(lookEveryMs, signal)
  }
}
