/**
 * A connection by the library, which brings TLS and SASL.
 *
 * This is the one file that knows the library's classes. It holds an answer as a list of chunks, which is joined once.
 */
import {
  allowedSASLMechanisms,
  Connection,
  Writer as LibraryWriter,
  type SASLOptions,
} from '@platformatic/kafka'
import {
  type BrokerAddress,
  type ClientMessage,
  KafkaError,
  type Wire,
  type WireOptions,
} from 'sluice-kafka-client/parts'
import { ApiVersions, Reader, Writer } from 'sluice-kafka-protocol'
import { messageOf } from '../../../kernel/faults/index.ts'

/** The library's own limit of requests in flight; ours are lower. */
const inFlightMax = 100
const connectTimeoutMs = 5_000
/** The library's timer must never be the one that fires. */
const libraryTimeoutMs = 24 * 60 * 60 * 1000

const saslOf = (access: WireOptions): SASLOptions | undefined => {
  const sasl = access.sasl
  if (sasl === null) return undefined
  const mechanism = allowedSASLMechanisms.find((each) => each === sasl.mechanism.toUpperCase())
  if (mechanism === undefined) {
    const problem = `'${sasl.mechanism}' is none of ${allowedSASLMechanisms.join(', ')}`
    throw new KafkaError('OPTION_INVALID', 'sasl.mechanism', problem)
  }
  return { mechanism, username: sasl.username, password: sasl.password }
}

/** The library's own words hide the reason in `cause`; both are said. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : ''
  return `${messageOf(error)}${cause}`
}

class LibraryWire implements Wire {
  readonly #connection: Connection
  readonly #where: string

  constructor(connection: Connection, where: string) {
    this.#connection = connection
    this.#where = where
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  close(): void {
    // The library's promise can reject when the socket dies meanwhile; closed is closed.
    this.#connection.close().catch(() => undefined)
    this.#connection.socket?.destroy()
  }

  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined> {
    const writer = new Writer()
    message.encodeRequest(version, value, writer)
    const isFlexible = message.isFlexible(version)
    return new Promise((resolve, reject) => {
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
          if (error === null) {
            resolve(hasNoResponse ? undefined : answer)
            return
          }
          reject(new KafkaError('CONNECTION_LOST', this.#where, reasonOf(error), error))
          // An answer that cannot be read leaves nothing to trust on this connection.
          if (this.#connection.isConnected()) this.close()
        },
      )
    })
  }
}

/**
 * Connects and signs in.
 * @throws KafkaError CONNECTION_LOST; OPTION_INVALID for a mechanism nobody knows
 */
export const openLibraryWire = async (address: BrokerAddress, access: WireOptions): Promise<Wire> => {
  const where = `${address.host}:${address.port}`
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
  const wire = new LibraryWire(library, where)
  try {
    await library.connect(address.host, address.port)
    return wire
  } catch (error) {
    wire.close()
    throw new KafkaError('CONNECTION_LOST', where, reasonOf(error), error)
  }
}
