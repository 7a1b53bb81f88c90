/** How a producer writes, and what a transaction says to it. */
import type { CompressionName } from '../compression/codecs.ts'
import type { ProducerId } from './produce-batch.ts'

/** What a transaction says to its producer. */
export interface ProduceScope {
  readonly transactionalId: string
  /** Under whom batches go; null: none may go now. */
  readonly producer: ProducerId | null
  readonly produceVersionMax: number
  /** Whether batches of this partition may go. Where not, it sees to that, and wakes the producer. */
  admits(topic: string, partition: number): boolean
  /** Records are lost to the transaction. */
  lost(problem: Error): void
}

export interface ProducerOptions {
  readonly acks: 'all' | '1' | '0'
  readonly compression: CompressionName
  readonly batchBytes: number
  readonly lingerMs: number
  readonly deliveryTimeoutMs: number
  /** Bytes of records that are not settled, above which `isFull`. */
  readonly bufferBytes?: number
  readonly scope?: ProduceScope
  /** A batch cannot be written for now, and is sent again and again. */
  readonly onHeldUp?: (problem: Error) => void
}
