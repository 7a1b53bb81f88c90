/**
 * Brings dead letters back: those that somebody asked to redrive, edited or as they came, go through all steps again,
 * because a letter keeps the record as it came and not as the steps had made it. They are committed in a lane of their
 * own, so that order and ledger of the others stay as they were, but still tell where they came from.
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

/** Letters of the same lane and stream, oldest first. */
const groupByLane = (letters: readonly WaitingLetter[]): readonly (readonly WaitingLetter[])[] => [
  ...Map.groupBy(
    letters.toSorted((a, b) => a.id - b.id),
    (letter) => JSON.stringify([letter.lane, letter.stream]),
  ).values(),
]

/** Numbers are counted in the lane they came from; text that is none counts as the letter's own. */
const numberOf = ({ number, id }: WaitingLetter): bigint => BigInt(/^\d+$/.test(number) ? number : id)

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
      number: numberOf(letter),
    })
  }
  const batch = builder.build({
    pipeline: definition.name,
    incarnation: 'dead-letters',
    lane: letters[0]?.lane ?? redriveLane,
    stream: letters[0]?.stream ?? redriveLane,
    next: `redriven:${turn}`,
  })
  const delivered = await deliver(parts, claim, batch, signal, {
    letterIds: letters.map((letter) => letter.id),
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
          for (const group of groupByLane(letters)) {
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
