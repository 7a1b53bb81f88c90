/**
 * What a partition remembers of idempotent producers (KIP-98): the last five batches of each, so that a batch sent
 * again gets its old offset, a gap is refused, and an older epoch is fenced off.
 *
 * Deciding and remembering are apart: a batch is remembered only when it is durable.
 */
import type { BatchHeader } from './batch.ts'

const batchesKept = 5
const sequenceMax = 0x7fffffff

interface ProducedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: bigint
}

/** One producer. Never changed, only replaced. */
export interface Producer {
  readonly epoch: number
  /** Oldest first, at most five. */
  readonly batches: readonly ProducedBatch[]
  readonly seenAtMs: number
}

export type SequenceVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly baseOffset: bigint }
  | { readonly kind: 'gap'; readonly expected: number }
  | { readonly kind: 'fenced'; readonly epoch: number }

const add = (sequence: number, count: number): number =>
  sequence > sequenceMax - count ? count - (sequenceMax - sequence) - 1 : sequence + count

/** Whether a batch of an idempotent producer follows what is known of it. */
export const judgeSequence = (known: Producer | undefined, batch: BatchHeader): SequenceVerdict => {
  // A producer that was forgotten (or never seen) may begin anywhere: Kafka does the same.
  if (known === undefined) return { kind: 'next' }
  if (batch.producerEpoch < known.epoch) return { kind: 'fenced', epoch: known.epoch }
  if (batch.producerEpoch > known.epoch) {
    return batch.baseSequence === 0 ? { kind: 'next' } : { kind: 'gap', expected: 0 }
  }
  const lastSequence = add(batch.baseSequence, batch.lastOffsetDelta)
  for (const each of known.batches) {
    if (each.firstSequence === batch.baseSequence && each.lastSequence === lastSequence) {
      return { kind: 'duplicate', baseOffset: each.baseOffset }
    }
  }
  const last = known.batches.at(-1)
  const expected = last === undefined ? 0 : add(last.lastSequence, 1)
  return batch.baseSequence === expected ? { kind: 'next' } : { kind: 'gap', expected }
}

/** The producer after its batch was appended at `baseOffset`. */
export const withBatch = (
  known: Producer | undefined,
  batch: BatchHeader,
  baseOffset: bigint,
  nowMs: number,
): Producer => {
  const kept = known !== undefined && known.epoch === batch.producerEpoch ? known.batches : []
  const added: ProducedBatch = {
    firstSequence: batch.baseSequence,
    lastSequence: add(batch.baseSequence, batch.lastOffsetDelta),
    baseOffset,
  }
  return {
    epoch: batch.producerEpoch,
    batches: [...kept.slice(-(batchesKept - 1)), added],
    seenAtMs: nowMs,
  }
}

/** All producers of a partition, by id. */
export type Producers = Map<bigint, Producer>

/** Drops producers that were silent for longer than `silenceMsMax`, and the most silent ones beyond `countMax`. */
export const forgetSilent = (
  producers: Producers,
  nowMs: number,
  silenceMsMax: number,
  countMax: number,
): void => {
  for (const [id, producer] of producers) {
    if (nowMs - producer.seenAtMs > silenceMsMax) producers.delete(id)
  }
  if (producers.size <= countMax) return
  const bySilence = [...producers].toSorted(([, left], [, right]) => left.seenAtMs - right.seenAtMs)
  for (const [id] of bySilence.slice(0, producers.size - countMax)) producers.delete(id)
}

const producerBytes = 8 + 2 + 8 + 1
const batchBytes = 4 + 4 + 8

/** The producers as bytes, for the snapshot beside a segment. */
export const encodeProducers = (producers: Producers): Buffer => {
  let sizeBytes = 4
  for (const producer of producers.values()) sizeBytes += producerBytes + producer.batches.length * batchBytes
  const bytes = Buffer.alloc(sizeBytes)
  let at = bytes.writeInt32BE(producers.size, 0)
  for (const [id, producer] of producers) {
    at = bytes.writeBigInt64BE(id, at)
    at = bytes.writeInt16BE(producer.epoch, at)
    at = bytes.writeBigInt64BE(BigInt(producer.seenAtMs), at)
    at = bytes.writeUInt8(producer.batches.length, at)
    for (const each of producer.batches) {
      at = bytes.writeInt32BE(each.firstSequence, at)
      at = bytes.writeInt32BE(each.lastSequence, at)
      at = bytes.writeBigInt64BE(each.baseOffset, at)
    }
  }
  return bytes
}

/** Reads what `encodeProducers` wrote. The bytes have been checked by a checksum before. */
export const decodeProducers = (bytes: Buffer): Producers => {
  const producers: Producers = new Map()
  let at = 4
  for (let left = bytes.readInt32BE(0); left > 0; left -= 1) {
    const id = bytes.readBigInt64BE(at)
    const epoch = bytes.readInt16BE(at + 8)
    const seenAtMs = Number(bytes.readBigInt64BE(at + 10))
    const count = bytes.readUInt8(at + 18)
    at += producerBytes
    const batches: ProducedBatch[] = []
    for (let index = 0; index < count; index += 1) {
      batches.push({
        firstSequence: bytes.readInt32BE(at),
        lastSequence: bytes.readInt32BE(at + 4),
        baseOffset: bytes.readBigInt64BE(at + 8),
      })
      at += batchBytes
    }
    producers.set(id, { epoch, batches, seenAtMs })
  }
  return producers
}
