/**
 * Events that are sent over HTTP: the port between the route that takes them and the `http` source of their pipeline,
 * and where keys of repeated calls are remembered.
 */

/** Where events sent over HTTP go in: the `http` source of one pipeline. */
export interface HttpReceiver {
  /**
   * Resolves when the events are stored, as their pipeline promises.
   * @throws fault BODY_NOT_JSON, REQUEST_INVALID, BODY_TOO_LARGE, TOO_BUSY, CONFLICT
   */
  receive(call: {
    readonly body: Uint8Array
    readonly contentType: string
    readonly idempotencyKey: string | null
    readonly signal: AbortSignal
  }): Promise<{ readonly accepted: number; readonly repeated: boolean }>
}

/** The receivers of this process, by pipeline: a source registers itself when it is opened. */
export interface HttpReceivers {
  /** @throws fault CONFLICT where the pipeline has one already */
  register(pipeline: string, receiver: HttpReceiver): Disposable
}

/** What is known of a call with this key that was answered before. */
export interface RememberedCall {
  /** Hash of the body that came with the key. */
  readonly bodyHash: string
  readonly accepted: number
}

/** Calls that were answered, by idempotency key; they are forgotten after a day or more. */
export interface IdempotencyStore {
  find(pipeline: string, key: string): Promise<RememberedCall | null>
  /** Keeps the first that is told of a key. */
  remember(pipeline: string, key: string, call: RememberedCall): Promise<void>
}
