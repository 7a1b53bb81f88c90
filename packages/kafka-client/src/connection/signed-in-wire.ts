/**
 * A wire that stays signed in: before the session ends it signs in again on the same connection (KIP-368).
 *
 * - The secret is fetched while requests go on. Then requests under way are answered first, since brokers answer in order;
 *   those that come meanwhile are held, and go out in their order afterwards. None is lost, and none is doubled.
 * - A source of secrets that fails is asked again as long as the session lasts.
 * - All this begins when something is to be sent, not by a timer: an idle connection costs nothing, and a broker takes a
 *   new sign-in also after the end of the session.
 * - Where signing in again fails, the connection ends, as something to retry: a new one signs in from the beginning, also
 *   under another name, which an old one may not change.
 */
import type { Random } from '../support/random.ts'
import type { SaslExchange } from './sasl/mechanism.ts'
import { renewalProblem, type SignIn } from './sasl/sign-in.ts'
import type { ClientMessage, Wire } from './wire.ts'

/** The part of a session after which it is prolonged; spread, so that many connections do not do it at once. */
const renewAfter = { least: 0.7, most: 0.8 } as const
/** The part after which nothing is sent before it is prolonged: a request must not come too late. */
const holdAfter = 0.9
/** The part that lies between two attempts to get the secret. */
const askAgainAfter = 0.05

/** What is due when in a session of this length, in milliseconds from its beginning; Infinity where it has no end. */
export const sessionPlan = (
  lifetimeMs: number,
  random: Random,
): { readonly renewMs: number; readonly holdMs: number; readonly askAgainMs: number } => {
  if (lifetimeMs <= 0) return { renewMs: Infinity, holdMs: Infinity, askAgainMs: Infinity }
  const part = renewAfter.least + (renewAfter.most - renewAfter.least) * random()
  return {
    renewMs: Math.floor(lifetimeMs * part),
    holdMs: Math.floor(lifetimeMs * holdAfter),
    askAgainMs: Math.ceil(lifetimeMs * askAgainAfter),
  }
}

interface Time {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly random: Random
}

export class SignedInWire implements Wire {
  readonly #wire: Wire
  readonly #where: string
  readonly #signIn: Pick<SignIn, 'prepare' | 'run'>
  readonly #time: Time
  #renewAt = Infinity
  #holdAt = Infinity
  #askAgainMs = Infinity
  #isRenewing = false
  /** Requests that wait for a sign-in to end; null while there is none. */
  #held: (() => void)[] | null = null

  /** @param wire one that is not signed in yet */
  constructor(wire: Wire, where: string, signIn: Pick<SignIn, 'prepare' | 'run'>, time: Time) {
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
    await this.#run(await this.#signIn.prepare())
  }

  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined> {
    this.#mind()
    if (this.#held === null) return this.#wire.send(message, version, value, hasNoResponse)
    const held = this.#held
    return new Promise((resolve) => {
      held.push(() => resolve(this.#wire.send(message, version, value, hasNoResponse)))
    })
  }

  /** Begins to prolong the session where it is time to. */
  #mind(): void {
    if (this.#held !== null) return
    const now = this.#time.now()
    if (now < this.#renewAt || !this.#wire.isOpen) return
    if (now >= this.#holdAt) this.#held = []
    if (!this.#isRenewing) void this.#renew()
  }

  async #renew(): Promise<void> {
    this.#isRenewing = true
    try {
      const exchange = await this.#signIn.prepare()
      this.#held ??= []
      await this.#run(exchange)
    } catch (error) {
      // Nothing was said to the broker yet, and there is time left.
      if (this.#held === null && this.#time.now() < this.#holdAt) {
        this.#renewAt = Math.min(this.#time.now() + this.#askAgainMs, this.#holdAt)
        return
      }
      this.#wire.close(renewalProblem(this.#where, error))
    } finally {
      this.#isRenewing = false
      this.#release()
    }
  }

  /** At once and in their order: whoever sends from here on comes after them. */
  #release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const send of held) send()
  }

  async #run(exchange: SaslExchange): Promise<void> {
    // A session counts from before the broker began it, so that it is never thought longer than it is.
    const began = this.#time.now()
    const plan = sessionPlan(await this.#signIn.run(exchange), this.#time.random)
    this.#renewAt = began + plan.renewMs
    this.#holdAt = began + plan.holdMs
    this.#askAgainMs = plan.askAgainMs
  }
}
