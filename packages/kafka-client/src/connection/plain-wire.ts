/** A connection without TLS: the socket reads large answers straight into their own buffers. */
import { connect } from 'node:net'
import { KafkaError, messageOf } from '../errors/kafka-error.ts'
import { limits } from '../support/limits.ts'
import { FrameReader } from './frame-reader.ts'
import { SocketWire } from './socket-wire.ts'
import type { BrokerAddress, Wire } from './wire.ts'

/** @throws KafkaError CONNECTION_LOST */
export const openPlainWire = async (address: BrokerAddress, clientId: string): Promise<Wire> => {
  const where = `${address.host}:${address.port}`
  const opened = Promise.withResolvers<void>()
  const frames = new FrameReader((frame) => wire.take(frame))
  const socket = connect({
    ...address,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: limits.keepAliveAfterMs,
    onread: {
      buffer: () => frames.space(),
      callback: (bytes) => {
        try {
          frames.filled(bytes)
        } catch (error) {
          wire.lose(error instanceof Error ? error : new Error(String(error)))
        }
        return true
      },
    },
  })
  const timer = setTimeout(
    () => opened.reject(new Error(`it cannot be reached within ${limits.connectTimeoutMs} ms`)),
    limits.connectTimeoutMs,
  )
  socket.once('connect', opened.resolve)
  socket.once('error', opened.reject)
  const wire = new SocketWire(socket, where, clientId)
  try {
    await opened.promise
    return wire
  } catch (error) {
    wire.close()
    throw new KafkaError('CONNECTION_LOST', where, messageOf(error), error)
  } finally {
    clearTimeout(timer)
  }
}
