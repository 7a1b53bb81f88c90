/** What a call to the http source brings, and what it is told. */

/** One event as it was sent: its bytes stay as they came. */
export interface IngestRecord {
  readonly key: string | null
  readonly value: string
  /** The parsed value. */
  readonly body: unknown
  readonly timeMs: number
}

export interface OfferOptions {
  /** A name for this call, chosen by the caller; null: a repeated call is another one. */
  readonly idempotencyKey: string | null
  /** When the caller is gone. What was not yet taken up is dropped then. */
  readonly signal: AbortSignal
}

export interface Accepted {
  readonly accepted: number
  readonly recordIds: readonly string[]
  /** The same call was answered before, or at the same time: nothing was stored again. */
  readonly duplicate: boolean
}
