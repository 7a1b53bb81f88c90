/**
 * What every way to sign in looks like: a small state machine that takes the broker's bytes and answers the client's.
 *
 * An exchange knows neither sockets nor requests (RFC 4422; Kafka carries the bytes in SaslAuthenticate). What goes wrong is
 * a SaslProblem, whose words hold no secret.
 */

/** The exchange cannot end well: the broker refused, or it is not the one it should be. */
export class SaslProblem extends Error {
  override readonly name = 'SaslProblem'
}

export interface SaslExchange {
  /** The client's first bytes. */
  readonly first: Buffer
  /** What is said to the broker and must never come back in an error. */
  readonly secrets: readonly string[]
  /** Answers the broker's bytes; null when the exchange is over and right. @throws SaslProblem */
  answer(fromBroker: Buffer): Promise<Buffer | null>
}

/** @param signal aborts when there is no more time to ask for a token or credentials */
export type BeginExchange = (host: string, signal: AbortSignal) => Promise<SaslExchange>

/** A way to sign in, with everything it needs. */
export interface SaslMechanism {
  /** As it is registered: SCRAM-SHA-256. */
  readonly name: string
  /** Each sign-in begins anew, so that credentials which changed meanwhile are taken. @throws what the source of credentials throws */
  readonly begin: BeginExchange
}
