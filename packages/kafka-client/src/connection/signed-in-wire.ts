/**
 * A wire that stays signed in: before the session ends it signs in again on the same connection (KIP-368).
 *
 * - Requests under way are answered first, since brokers answer in order; those that come meanwhile are held, and go out in
 *   their order afterwards. None is lost, and none is doubled.
 * - It signs in again when something is to be sent, not by a timer: an idle connection costs nothing, and a broker takes a
 *   new sign-in also after the end of the session.
 * - Where that fails, the connection ends, as something to retry: a new one signs in from the beginning, also under another
 *   name, which an old one may not change.
 */
import type { Random } from '../support/random.ts'
import { renewalProblem, type SignIn } from './sasl/sign-in.ts'
import type { ClientMessage, Wire } from './wire.ts'

/** The part of a session after which it is prolonged; spread, so that many connections do not do it at once. */
const renewAfter = { least: 0.7, most: 0.8 } as const

/** When a session of this length is to be prolonged, in milliseconds from its beginning; Infinity where it has no end. */
export const renewAfterMs = (lifetimeMs: number, random: Random): number =>
  lifetimeMs <= 0
    ? Infinity
    : Math.floor(lifetimeMs * (renewAfter.least + (renewAfter.most - renewAfter.least) * random()))

interface Time {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly random: Random
}

export class SignedInWire implements Wire {
  readonly #wire: Wire
  readonly #where: string
  readonly #signIn: Pick<SignIn, 'run'>
  readonly #time: Time
  #renewAt = Infinity
  /** Requests that wait for a sign-in to end; null while there is none. */
  #held: (() => void)[] | null = null

  /** @param wire one that is not signed in yet */
  constructor(wire: Wire, where: string, signIn: Pick<SignIn, 'run'>, time: Time) {
    this.#wire = wire
    this.#where = where
    this.#signIn = signIn
    this.#time = time
  }

  get isOpen(): boolean {
    return this.#wire.isOpen
  }

  close(problem?: Parameters<Wire['close']>[0]): void {
    this.#wire.close(problem)
  }

  /** Signs in for the first time. @throws KafkaError */
  async open(): Promise<void> {
    // A session counts from before the broker began it, so that it is never thought longer than it is.
    const began = this.#time.now()
    this.#renewAt = began + renewAfterMs(await this.#signIn.run(), this.#time.random)
  }

  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined> {
    if (this.#held === null && this.#time.now() >= this.#renewAt && this.#wire.isOpen) void this.#renew()
    if (this.#held === null) return this.#wire.send(message, version, value, hasNoResponse)
    const held = this.#held
    return new Promise((resolve) => {
      held.push(() => resolve(this.#wire.send(message, version, value, hasNoResponse)))
    })
  }

  async #renew(): Promise<void> {
    const held: (() => void)[] = []
    this.#held = held
    try {
      await this.open()
    } catch (error) {
      this.#wire.close(renewalProblem(this.#where, error))
    }
    // At once and in their order: whoever sends from here on comes after them.
    this.#held = null
    for (const send of held) send()
  }
}
