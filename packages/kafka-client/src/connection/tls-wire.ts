/**
 * A connection with TLS (1.2 or newer): the broker's certificate is checked, and the client shows its own where it has one.
 *
 * What is wrong with a certificate is told apart from a connection that is lost: waiting does not mend it.
 */
import { isIP } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { limits } from '../support/limits.ts'
import { FrameReader } from './frame-reader.ts'
import { SocketWire } from './socket-wire.ts'
import type { TlsOptions } from './tls-options.ts'
import type { BrokerAddress, Wire, WireOptions } from './wire.ts'

/** Codes of OpenSSL's verification and of Node's own checks: the broker's certificate is not the right one. */
const untrusted = /CERT|SIGNATURE|ISSUER|VERIFY|CRL|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH/
/** Alerts by which a broker refuses this client's certificate, or the lack of one. */
const refusedAlert =
  /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)/
const noTlsSpoken = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** What an error of a TLS socket is to a caller. */
export const tlsProblem = (where: string, error: unknown): KafkaError => {
  if (isKafkaError(error)) return error
  const code = codeOf(error)
  if (refusedAlert.test(code)) {
    return new KafkaError(
      'AUTHENTICATION_FAILED',
      where,
      `it refuses the client's certificate (${code})`,
      error,
    )
  }
  if (noTlsSpoken.test(code)) {
    return new KafkaError('CONNECTION_LOST', where, `it does not speak TLS at this port (${code})`, error)
  }
  if (untrusted.test(code)) return new KafkaError('BROKER_NOT_TRUSTED', where, messageOf(error), error)
  return new KafkaError('CONNECTION_LOST', where, messageOf(error), error)
}

/** @throws KafkaError CREDENTIALS_MISSING where the function that gives them fails */
const certificatesOf = async (where: string, tls: WireOptions['tls']): Promise<TlsOptions> => {
  if (typeof tls === 'boolean') return {}
  if (typeof tls !== 'function') return tls
  try {
    return await tls()
  } catch (error) {
    throw new KafkaError('CREDENTIALS_MISSING', where, messageOf(error), error)
  }
}

const socketOptions = (address: BrokerAddress, tls: TlsOptions): ConnectionOptions => {
  const { ca, cert, key, passphrase, rejectUnauthorized } = tls
  const servername = tls.servername ?? (isIP(address.host) === 0 ? address.host : undefined)
  return {
    ...address,
    minVersion: 'TLSv1.2',
    // Said in every case: left out, a variable of the environment could switch the check off.
    rejectUnauthorized: rejectUnauthorized ?? true,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
}

/** @throws KafkaError CONNECTION_LOST, BROKER_NOT_TRUSTED, AUTHENTICATION_FAILED, CREDENTIALS_MISSING, OPTION_INVALID */
export const openTlsWire = async (
  address: BrokerAddress,
  clientId: string,
  tls: WireOptions['tls'],
): Promise<Wire> => {
  const where = `${address.host}:${address.port}`
  const options = socketOptions(address, await certificatesOf(where, tls))
  const opened = Promise.withResolvers<void>()
  const frames = new FrameReader((frame) => wire.take(frame))
  const take = (bytes: number): boolean => {
    try {
      frames.filled(bytes)
    } catch (error) {
      wire.lose(error instanceof Error ? error : new Error(String(error)))
    }
    return true
  }
  const reading = { onread: { buffer: () => frames.space(), callback: take } }
  const socket = connectWith({ ...options, ...reading })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, limits.keepAliveAfterMs)
  // Before the wire's own listener: the first word about a problem is the one that counts.
  socket.on('error', (error) => {
    opened.reject(error)
    wire.lose(tlsProblem(where, error))
  })
  const timer = setTimeout(
    () => opened.reject(new Error(`it cannot be reached within ${limits.connectTimeoutMs} ms`)),
    limits.connectTimeoutMs,
  )
  socket.once('secureConnect', opened.resolve)
  const wire = new SocketWire(socket, where, clientId)
  try {
    await opened.promise
    return wire
  } catch (error) {
    const problem = tlsProblem(where, error)
    wire.close(problem)
    throw problem
  } finally {
    clearTimeout(timer)
  }
}

/** @throws KafkaError OPTION_INVALID for certificates and keys that cannot be read */
const connectWith = (options: ConnectionOptions): ReturnType<typeof connect> => {
  try {
    return connect(options)
  } catch (error) {
    throw new KafkaError('OPTION_INVALID', 'tls', messageOf(error), error)
  }
}
