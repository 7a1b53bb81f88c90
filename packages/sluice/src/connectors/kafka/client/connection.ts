/**
 * One connection to one broker: TCP, TLS and SASL by the library, messages by `sluice-kafka-protocol`.
 *
 * - A request has a deadline; when it passes, the connection ends, since later answers could not be told apart.
 * - Every failure is a ConnectionLost of the request that met it: nothing is thrown from a timer or an event.
 * - This is the one file that knows the library's classes; the library holds an answer as a list of chunks, which is
 *   joined once.
 */
import {
  allowedSASLMechanisms,
  Connection,
  Writer as LibraryWriter,
  type SASLOptions,
} from '@platformatic/kafka'
import { ApiVersions, type Message, Reader, Writer } from 'sluice-kafka-protocol'
import type { KafkaAccess } from '../../../flow/connector.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { ConnectionLost } from './broker-errors.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** A message as a client uses it: it encodes requests and decodes responses. */
export type ClientMessage<In, Out> = Pick<
  Message<unknown, In, Out, never>,
  'key' | 'name' | 'versionMin' | 'versionMax' | 'isFlexible' | 'encodeRequest' | 'decodeResponse'
>

export interface RequestOptions {
  readonly timeoutMs?: number
  /** Highest version that the caller's fields fit. */
  readonly versionMax?: number
  /** The broker sends no answer (Produce with acks 0): resolves with undefined when written. */
  readonly hasNoResponse?: boolean
}

export interface BrokerConnection {
  readonly isOpen: boolean
  /** The highest version both sides know, at most `versionMax`. @throws fault UNAVAILABLE where there is none */
  versionOf(message: Pick<Message, 'key' | 'name' | 'versionMin' | 'versionMax'>, versionMax?: number): number
  /** @throws ConnectionLost */
  request<In, Out>(message: ClientMessage<In, Out>, value: In, options?: RequestOptions): Promise<Out>
  close(): void
}

const connectTimeoutMs = 5_000
export const requestTimeoutMs = 30_000
/** The library's own limit of requests in flight; ours are lower. */
const inFlightMax = 100
/** The library's timer must never be the one that fires. */
const libraryTimeoutMs = 24 * 60 * 60 * 1000
const apiVersionsVersion = 3
const clientSoftwareVersion = '0.1.0'

const saslOf = (access: KafkaAccess): SASLOptions | undefined => {
  const sasl = access.sasl
  if (sasl === null) return undefined
  const mechanism = allowedSASLMechanisms.find((each) => each === sasl.mechanism.toUpperCase())
  if (mechanism === undefined) {
    throw fault('OPTION_INVALID', {
      option: 'sasl.mechanism',
      connector: 'kafka',
      problem: `'${sasl.mechanism}' is none of ${allowedSASLMechanisms.join(', ')}`,
    })
  }
  return { mechanism, username: sasl.username, password: sasl.password }
}

/** The library's own words hide the reason in `cause`; both are said. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : ''
  return `${messageOf(error)}${cause}`
}

class LibraryConnection implements BrokerConnection {
  readonly #connection: Connection
  readonly #address: BrokerAddress
  #versions: ReadonlyMap<number, readonly [number, number]> = new Map()

  constructor(connection: Connection, address: BrokerAddress) {
    this.#connection = connection
    this.#address = address
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  async negotiate(): Promise<void> {
    const answer = await this.#send(
      ApiVersions,
      apiVersionsVersion,
      { clientSoftwareName: 'sluice', clientSoftwareVersion },
      requestTimeoutMs,
      false,
    )
    this.#versions = new Map(answer.apiKeys.map((each) => [each.apiKey, [each.minVersion, each.maxVersion]]))
  }

  versionOf(
    message: Pick<Message, 'key' | 'name' | 'versionMin' | 'versionMax'>,
    versionMax: number = message.versionMax,
  ): number {
    const offered = this.#versions.get(message.key)
    const version = Math.min(offered?.[1] ?? -1, message.versionMax, versionMax)
    if (offered === undefined || version < Math.max(offered[0], message.versionMin)) {
      throw fault('UNAVAILABLE', {
        what: `${message.name} of the Kafka broker ${this.#address.host}:${this.#address.port}`,
        problem: 'it offers no version of it that Sluice speaks',
      })
    }
    return version
  }

  async request<In, Out>(
    message: ClientMessage<In, Out>,
    value: In,
    options: RequestOptions = {},
  ): Promise<Out> {
    const version = this.versionOf(message, options.versionMax)
    const timeoutMs = options.timeoutMs ?? requestTimeoutMs
    return await this.#send(message, version, value, timeoutMs, options.hasNoResponse === true)
  }

  close(): void {
    // The library's promise can reject when the socket dies meanwhile; closed is closed.
    this.#connection.close().catch(() => undefined)
    this.#connection.socket?.destroy()
  }

  #send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    timeoutMs: number,
    hasNoResponse: boolean,
  ): Promise<Out> {
    const where = `${this.#address.host}:${this.#address.port}`
    const writer = new Writer()
    message.encodeRequest(version, value, writer)
    const isFlexible = message.isFlexible(version)
    return new Promise<Out>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ConnectionLost(`${where} did not answer ${message.name} within ${timeoutMs} ms`))
        this.close()
      }, timeoutMs)
      this.#connection.send<Out>(
        message.key,
        version,
        () => {
          const payload = LibraryWriter.create()
          for (const chunk of writer.toChunks()) payload.append(chunk)
          payload.context = { noResponse: hasNoResponse }
          return payload
        },
        (_correlationId, _key, _version, reader) =>
          message.decodeResponse(version, new Reader(reader.buffer.buffer)),
        isFlexible,
        isFlexible && message.key !== ApiVersions.key,
        (error, answer) => {
          clearTimeout(timer)
          if (error !== null) {
            reject(new ConnectionLost(`${where}: ${reasonOf(error)}`, error))
            // An answer that cannot be read leaves nothing to trust on this connection.
            if (this.#connection.isConnected()) this.close()
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without an error the library hands on what the parser gave
          } else resolve(answer as Out)
        },
      )
    })
  }
}

/**
 * Connects, signs in and learns the broker's versions.
 * @throws ConnectionLost
 */
export const openConnection = async (
  address: BrokerAddress,
  access: KafkaAccess,
): Promise<BrokerConnection> => {
  const sasl = saslOf(access)
  const library = new Connection(access.clientId, {
    connectTimeout: connectTimeoutMs,
    requestTimeout: libraryTimeoutMs,
    maxInflights: inFlightMax,
    ...(access.tls ? { tls: {}, tlsServerName: address.host } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  })
  // Without a listener an 'error' event would end the process; the request in flight is told by its callback.
  library.on('error', () => undefined)
  const connection = new LibraryConnection(library, address)
  try {
    await library.connect(address.host, address.port)
    await connection.negotiate()
    return connection
  } catch (error) {
    connection.close()
    if (error instanceof ConnectionLost) throw error
    throw new ConnectionLost(`${address.host}:${address.port}: ${reasonOf(error)}`, error)
  }
}
