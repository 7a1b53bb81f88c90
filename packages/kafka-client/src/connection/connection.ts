/**
 * One connection to one broker, with the versions it offers.
 *
 * - A request has a deadline; when it passes, the connection ends, since later answers could not be told apart.
 * - Every failure is an error of the request that met it: nothing is thrown from a timer or an event.
 */
import { ApiVersions, type Message } from 'sluice-kafka-protocol'
import { throwOn } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { limits } from '../support/limits.ts'
import { openWire } from './open-wire.ts'
import { apiVersionsVersion, clientSoftware } from './software.ts'
import type { BrokerAddress, ClientMessage, OpenWire, Wire, WireOptions } from './wire.ts'

type Ranged = Pick<Message, 'key' | 'name' | 'versionMin' | 'versionMax'>

export interface RequestOptions {
  readonly timeoutMs?: number
  /** Highest version that the caller's fields fit. */
  readonly versionMax?: number
}

export class BrokerConnection {
  readonly #wire: Wire
  readonly #where: string
  #versions: ReadonlyMap<number, readonly [number, number]> = new Map()
  #features: ReadonlyMap<string, number> = new Map()

  constructor(wire: Wire, address: BrokerAddress) {
    this.#wire = wire
    this.#where = `${address.host}:${address.port}`
  }

  get isOpen(): boolean {
    return this.#wire.isOpen
  }

  /** Learns the broker's versions. @throws KafkaError */
  async negotiate(): Promise<void> {
    const answer = await this.#within(
      limits.requestTimeoutMs,
      'ApiVersions',
      this.#wire.send(ApiVersions, apiVersionsVersion, clientSoftware, false),
    )
    throwOn(answer?.errorCode ?? -1, `versions of ${this.#where}`)
    this.#versions = new Map(answer?.apiKeys.map((each) => [each.apiKey, [each.minVersion, each.maxVersion]]))
    this.#features = new Map(
      answer?.finalizedFeatures?.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
    )
  }

  /** The level of a feature that the cluster has agreed on, such as `transaction.version`; 0 where it has none (KIP-584). */
  featureLevel(name: string): number {
    return this.#features.get(name) ?? 0
  }

  /** Whether both sides know a version of it. */
  offers(message: Ranged): boolean {
    const offered = this.#versions.get(message.key)
    return offered !== undefined && offered[1] >= message.versionMin && offered[0] <= message.versionMax
  }

  /** The highest version both sides know, at most `versionMax`. @throws KafkaError VERSION_UNSUPPORTED where there is none */
  versionOf(message: Ranged, versionMax: number = message.versionMax): number {
    const offered = this.#versions.get(message.key)
    const version = Math.min(offered?.[1] ?? -1, message.versionMax, versionMax)
    if (offered === undefined || version < Math.max(offered[0], message.versionMin)) {
      const problem = `it offers no version of ${message.name} that this client speaks`
      throw new KafkaError('VERSION_UNSUPPORTED', this.#where, problem)
    }
    return version
  }

  /** @throws KafkaError */
  async request<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options: RequestOptions = {},
  ): Promise<Out> {
    const version = this.versionOf(message, options.versionMax)
    const sent = this.#wire.send(message, version, value, false)
    const answer = await this.#within(options.timeoutMs ?? limits.requestTimeoutMs, message.name, sent)
    if (answer === undefined)
      throw new KafkaError('CONNECTION_LOST', this.#where, `no answer to ${message.name}`)
    return answer
  }

  /** Sends what the broker does not answer (Produce with acks 0). @throws KafkaError */
  async tell<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options: RequestOptions = {},
  ): Promise<void> {
    await this.#wire.send(message, this.versionOf(message, options.versionMax), value, true)
  }

  /** @param problem what requests under way fail with, where there is more to say than that it was closed */
  close(problem?: KafkaError): void {
    this.#wire.close(problem)
  }

  async #within<Answer>(timeoutMs: number, what: string, answer: Promise<Answer>): Promise<Answer> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(new KafkaError('TIMED_OUT', this.#where, `no answer to ${what} within ${timeoutMs} ms`))
      this.close()
    }, timeoutMs)
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

export interface ConnectionOptions extends WireOptions {
  /** Opens wires another way than this package does. */
  readonly openWire?: OpenWire
}

/**
 * Connects, signs in where that is asked for, and learns the broker's versions.
 * @throws KafkaError
 */
export const openConnection = async (
  address: BrokerAddress,
  options: ConnectionOptions,
): Promise<BrokerConnection> => {
  const wire = await (options.openWire ?? openWire)(address, options)
  const connection = new BrokerConnection(wire, address)
  try {
    await connection.negotiate()
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
