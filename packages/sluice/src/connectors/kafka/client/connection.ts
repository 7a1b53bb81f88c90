/**
 * One connection to one broker, with the versions it offers.
 *
 * - A request has a deadline; when it passes, the connection ends, since later answers could not be told apart.
 * - Every failure is a ConnectionLost of the request that met it: nothing is thrown from a timer or an event.
 */
import { ApiVersions, type Message } from 'sluice-kafka-protocol'
import type { KafkaAccess } from '../../../flow/connector.ts'
import { fault } from '../../../kernel/faults/index.ts'
import { ConnectionLost, throwOn } from './broker-errors.ts'
import { openPlainWire } from './plain-wire.ts'
import type { BrokerAddress, ClientMessage, Wire } from './wire.ts'

export type { BrokerAddress, ClientMessage } from './wire.ts'

type Ranged = Pick<Message, 'key' | 'name' | 'versionMin' | 'versionMax'>

export interface RequestOptions {
  readonly timeoutMs?: number
  /** Highest version that the caller's fields fit. */
  readonly versionMax?: number
}

const requestTimeoutMs = 30_000
const apiVersionsVersion = 3
const clientSoftwareVersion = '0.1.0'

export class BrokerConnection {
  readonly #wire: Wire
  readonly #where: string
  #versions: ReadonlyMap<number, readonly [number, number]> = new Map()

  constructor(wire: Wire, address: BrokerAddress) {
    this.#wire = wire
    this.#where = `${address.host}:${address.port}`
  }

  get isOpen(): boolean {
    return this.#wire.isOpen
  }

  /** Learns the broker's versions. @throws ConnectionLost, BrokerError */
  async negotiate(): Promise<void> {
    const asked = { clientSoftwareName: 'sluice', clientSoftwareVersion }
    const answer = await this.#within(
      requestTimeoutMs,
      'ApiVersions',
      this.#wire.send(ApiVersions, apiVersionsVersion, asked, false),
    )
    throwOn(answer?.errorCode ?? -1, `versions of ${this.#where}`)
    this.#versions = new Map(answer?.apiKeys.map((each) => [each.apiKey, [each.minVersion, each.maxVersion]]))
  }

  /** The highest version both sides know, at most `versionMax`. @throws fault UNAVAILABLE where there is none */
  versionOf(message: Ranged, versionMax: number = message.versionMax): number {
    const offered = this.#versions.get(message.key)
    const version = Math.min(offered?.[1] ?? -1, message.versionMax, versionMax)
    if (offered === undefined || version < Math.max(offered[0], message.versionMin)) {
      throw fault('UNAVAILABLE', {
        what: `${message.name} of the Kafka broker ${this.#where}`,
        problem: 'it offers no version of it that Sluice speaks',
      })
    }
    return version
  }

  /** @throws ConnectionLost */
  async request<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options: RequestOptions = {},
  ): Promise<Out> {
    const version = this.versionOf(message, options.versionMax)
    const sent = this.#wire.send(message, version, value, false)
    const answer = await this.#within(options.timeoutMs ?? requestTimeoutMs, message.name, sent)
    if (answer === undefined) throw new ConnectionLost(`${this.#where} did not answer ${message.name}`)
    return answer
  }

  /** Sends what the broker does not answer (Produce with acks 0). @throws ConnectionLost */
  async tell<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options: RequestOptions = {},
  ): Promise<void> {
    await this.#wire.send(message, this.versionOf(message, options.versionMax), value, true)
  }

  close(): void {
    this.#wire.close()
  }

  async #within<Answer>(timeoutMs: number, what: string, answer: Promise<Answer>): Promise<Answer> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(new ConnectionLost(`${this.#where} did not answer ${what} within ${timeoutMs} ms`))
      this.close()
    }, timeoutMs)
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The library takes half a second to load: only who needs TLS or SASL pays for it. */
const openByLibrary = async (address: BrokerAddress, access: KafkaAccess): Promise<Wire> => {
  const { openLibraryWire } = await import('./library-wire.ts')
  return openLibraryWire(address, access)
}

/**
 * Connects, signs in where that is asked for, and learns the broker's versions.
 * @throws ConnectionLost, BrokerError; fault OPTION_INVALID
 */
export const openConnection = async (
  address: BrokerAddress,
  access: KafkaAccess,
): Promise<BrokerConnection> => {
  const isPlain = !access.tls && access.sasl === null
  const wire = isPlain ? await openPlainWire(address, access.clientId) : await openByLibrary(address, access)
  const connection = new BrokerConnection(wire, address)
  try {
    await connection.negotiate()
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
