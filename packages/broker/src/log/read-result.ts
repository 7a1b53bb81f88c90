/**
 * Bytes read from a log: chunks in order, and the duty to give them back.
 */
import { type ErrorCode } from 'sluice-kafka-protocol'

/** Whole record batches, in order. The chunks stay valid until `release()`. */
export interface ReadResult {
  readonly error: ErrorCode
  readonly chunks: readonly Buffer[]
  readonly sizeBytes: number
  release(): void
}

/** A read that found nothing, or failed: there is nothing to give back. */
export const emptyRead = (error: ErrorCode): ReadResult => ({
  error,
  chunks: [],
  sizeBytes: 0,
  release: () => undefined,
})
