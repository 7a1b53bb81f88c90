/** A record that could not be delivered, with all that is needed to understand, edit and redrive it. */
import type { Header } from './record-batch.ts'

export interface DeadLetter {
  readonly recordId: string
  readonly lane: string
  /** Its topic, file or queue, as people call it. */
  readonly stream: string
  /** Its number in the lane (a Kafka offset), as text. */
  readonly number: string
  /** The step or sink that refused it. */
  readonly step: string
  /** Code in the fault catalogue. */
  readonly code: string
  readonly reason: string
  readonly attempts: number
  /** The record as it came. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly timeMs: number
}
