/**
 * Signs in over a wire: says which mechanism, carries the exchange, and tells how long the session lasts.
 *
 * - Every refusal is sorted: wrong credentials (give up), no credentials now or no connection (retry).
 * - Having the secret ready and signing in have a deadline each; when the second passes, the wire is closed.
 */
import { ApiVersions, errorCodes, kafkaErrorOf, SaslAuthenticate, SaslHandshake } from 'sluice-kafka-protocol'
import { throwOn } from '../../errors/broker-errors.ts'
import { isKafkaError, KafkaError, messageOf } from '../../errors/kafka-error.ts'
import { limits } from '../../support/limits.ts'
import { apiVersionsVersion, clientSoftware } from '../software.ts'
import type { BrokerAddress, ClientMessage, Wire } from '../wire.ts'
import { type SaslExchange, type SaslMechanism, SaslProblem } from './mechanism.ts'

/** The one that goes on with SaslAuthenticate (KIP-152). */
const handshakeVersion = 1
const wordsMax = 300
/** Shorter texts stand in sentences by chance. */
const secretCharactersMin = 4

type Ask = <In, Out>(message: ClientMessage<In, Out>, version: number, value: In) => Promise<Out>

/** A broker's own words without what was said to it, in one printable line. */
const harmless = (words: string | null, secrets: readonly string[]): string | null => {
  if (words === null) return null
  const hidden = secrets
    .filter((secret) => secret.length >= secretCharactersMin)
    .reduce((text, secret) => text.replaceAll(secret, '…'), words)
  return hidden.replaceAll(/\p{Cc}/gu, ' ').slice(0, wordsMax)
}

const refused = (where: string, problem: string, code: number | null, cause?: unknown): KafkaError =>
  new KafkaError('AUTHENTICATION_FAILED', where, problem, cause, code)

/** @throws KafkaError */
const shakeHands = async (ask: Ask, where: string, mechanism: string): Promise<void> => {
  const { errorCode, mechanisms } = await ask(SaslHandshake, handshakeVersion, { mechanism })
  if (errorCode === errorCodes.NONE) return
  if (errorCode === errorCodes.UNSUPPORTED_SASL_MECHANISM) {
    const offered = mechanisms.length === 0 ? 'none' : mechanisms.join(', ')
    throw refused(where, `it does not take ${mechanism}, but ${harmless(offered, [])}`, errorCode)
  }
  if (errorCode === errorCodes.ILLEGAL_SASL_STATE) {
    throw refused(where, 'nobody signs in at this address: leave sasl out, or use another port', errorCode)
  }
  throwOn(errorCode, where)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Ends with `work`, or with the error of `late` when it takes longer. */
const within = async <Result>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
  late: () => KafkaError,
): Promise<Result> => {
  const stop = new AbortController()
  const tooLate = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = late()
    tooLate.reject(error)
    stop.abort(error)
  }, timeoutMs)
  try {
    return await Promise.race([work(stop.signal), tooLate.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** @throws KafkaError */
const exchangeWords = async (
  ask: Ask,
  where: string,
  version: number,
  exchange: SaslExchange,
): Promise<number> => {
  let authBytes = exchange.first
  for (let round = 0; round < limits.signInRoundsMax; round++) {
    const answer = await ask(SaslAuthenticate, version, { authBytes })
    if (answer.errorCode !== errorCodes.NONE) {
      const { name } = kafkaErrorOf(answer.errorCode)
      const problem = harmless(answer.errorMessage, exchange.secrets) ?? name
      if (answer.errorCode === errorCodes.SASL_AUTHENTICATION_FAILED) {
        throw refused(where, problem, answer.errorCode)
      }
      throwOn(answer.errorCode, where, problem)
    }
    const next = await exchange.answer(answer.authBytes)
    if (next === null) return Number(answer.sessionLifetimeMs)
    authBytes = next
  }
  throw refused(where, `no end after ${limits.signInRoundsMax} rounds`, null)
}

/** One broker's door: signs in for the first time, and again on the same connection. */
export class SignIn {
  readonly #wire: Wire
  readonly #address: BrokerAddress
  readonly #where: string
  readonly #mechanism: SaslMechanism
  #version: number | null = null

  constructor(wire: Wire, address: BrokerAddress, mechanism: SaslMechanism) {
    this.#wire = wire
    this.#address = address
    this.#where = `${address.host}:${address.port}`
    this.#mechanism = mechanism
  }

  /**
   * Has the secret ready, without a word to the broker.
   * @throws KafkaError CREDENTIALS_MISSING
   */
  async prepare(): Promise<SaslExchange> {
    const missing = (problem: string, cause?: unknown): KafkaError =>
      new KafkaError('CREDENTIALS_MISSING', this.#where, problem, cause)
    try {
      return await within(
        limits.secretTimeoutMs,
        (signal) => this.#mechanism.begin(this.#address.host, signal),
        () => missing(`its source gave none within ${limits.secretTimeoutMs} ms`),
      )
    } catch (error) {
      if (isKafkaError(error)) throw error
      // What comes from the caller's own function may hold anything, so only its kind is told; the cause has the rest.
      const problem = error instanceof SaslProblem ? error.message : `its source failed (${nameOf(error)})`
      throw missing(problem, error)
    }
  }

  /**
   * Signs in. Other requests that are sent meanwhile over the same wire would end it.
   * @returns how long the session lasts, in milliseconds; 0 where it has no end
   * @throws KafkaError AUTHENTICATION_FAILED, CONNECTION_LOST, TIMED_OUT
   */
  async run(exchange: SaslExchange): Promise<number> {
    return await within(
      limits.signInTimeoutMs,
      () => this.#speak(exchange),
      () => {
        const problem = `no end of signing in within ${limits.signInTimeoutMs} ms`
        const error = new KafkaError('TIMED_OUT', this.#where, problem)
        this.#wire.close(error)
        return error
      },
    )
  }

  async #speak(exchange: SaslExchange): Promise<number> {
    const ask: Ask = async (message, version, value) => {
      const answer = await this.#wire.send(message, version, value, false)
      if (answer === undefined) throw new KafkaError('CONNECTION_LOST', this.#where, 'no answer')
      return answer
    }
    this.#version ??= await this.#authenticateVersion(ask)
    await shakeHands(ask, this.#where, this.#mechanism.name)
    try {
      return await exchangeWords(ask, this.#where, this.#version, exchange)
    } catch (error) {
      if (error instanceof SaslProblem) throw refused(this.#where, error.message, null, error)
      throw error
    }
  }

  async #authenticateVersion(ask: Ask): Promise<number> {
    const answer = await ask(ApiVersions, apiVersionsVersion, clientSoftware)
    throwOn(answer.errorCode, `versions of ${this.#where}`)
    const offered = answer.apiKeys.find((each) => each.apiKey === SaslAuthenticate.key)
    if (offered === undefined) {
      throw refused(this.#where, 'nobody signs in at this address: leave sasl out, or use another port', null)
    }
    return Math.min(offered.maxVersion, SaslAuthenticate.versionMax)
  }
}

/** What went wrong with a sign-in that was to prolong a session: a new connection may do better. */
export const renewalProblem = (where: string, error: unknown): KafkaError =>
  new KafkaError('CONNECTION_LOST', where, `signing in again failed: ${messageOf(error)}`, error)
