/**
 * A connection without TLS and SASL, made for large answers: the socket reads each of them straight into its own buffer.
 *
 * Only the beginning of an answer passes through a shared buffer, until its size is known. Chunks of requests are written
 * as they are, without joining them.
 */
import { connect, type Socket } from 'node:net'
import { Reader, readFrameSize, readResponseHeader, Writer, writeRequestHeader } from 'sluice-kafka-protocol'
import { messageOf } from '../../../kernel/faults/index.ts'
import { ConnectionLost } from './broker-errors.ts'
import { type BrokerAddress, type ClientMessage, connectTimeoutMs, type Wire } from './wire.ts'

const sizeBytesOfSize = 4
/** Answers up to this size are taken from the shared buffer by a copy. */
const sharedBytes = 64 * 1024
const keepAliveAfterMs = 30_000
/** A broker that announces more is none. */
const answerBytesMax = 512 * 1024 * 1024

interface Pending {
  /** Reads the answer and tells whoever waits for it; throws where it cannot be read. */
  readonly take: (answer: Buffer) => void
  readonly fail: (problem: Error) => void
}

/**
 * Cuts a stream of bytes into frames. `space` is where the next bytes belong; `filled` tells how many came.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  readonly #shared = Buffer.allocUnsafeSlow(sharedBytes)
  #sharedBytes = 0
  /** A frame that is larger than what was read of it. */
  #frame: Buffer | null = null
  #frameBytes = 0

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  space(): Buffer {
    return this.#frame === null
      ? this.#shared.subarray(this.#sharedBytes)
      : this.#frame.subarray(this.#frameBytes)
  }

  /** @throws ProtocolError for a size that no answer has */
  filled(bytes: number): void {
    if (this.#frame === null) {
      this.#sharedBytes += bytes
      this.#cut()
      return
    }
    this.#frameBytes += bytes
    if (this.#frameBytes < this.#frame.length) return
    const frame = this.#frame
    this.#frame = null
    this.#onFrame(frame)
  }

  #cut(): void {
    let at = 0
    while (this.#sharedBytes - at >= sizeBytesOfSize) {
      const sizeBytes = readFrameSize(this.#shared, at, answerBytesMax)
      at += sizeBytesOfSize
      const frame = Buffer.allocUnsafeSlow(sizeBytes)
      const have = Math.min(sizeBytes, this.#sharedBytes - at)
      this.#shared.copy(frame, 0, at, at + have)
      at += have
      if (have < sizeBytes) {
        this.#frame = frame
        this.#frameBytes = have
      } else this.#onFrame(frame)
    }
    this.#shared.copyWithin(0, at, this.#sharedBytes)
    this.#sharedBytes -= at
  }
}

class PlainWire implements Wire {
  readonly #socket: Socket
  readonly #where: string
  readonly #clientId: string
  readonly #pending = new Map<number, Pending>()
  #correlationId = 0
  #isOpen = true

  constructor(socket: Socket, where: string, clientId: string) {
    this.#socket = socket
    this.#where = where
    this.#clientId = clientId
    socket.on('error', (error) => this.lose(error))
    socket.on('close', () => this.lose(new Error('the connection was closed')))
    socket.on('end', () => socket.destroy())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  close(): void {
    this.lose(new Error('the connection was closed'))
  }

  lose(problem: Error): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#socket.destroy()
    const lost = new ConnectionLost(`${this.#where}: ${messageOf(problem)}`, problem)
    for (const each of this.#pending.values()) each.fail(lost)
    this.#pending.clear()
  }

  /** @throws Error for an answer that nobody asked for or that cannot be read */
  take(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const pending = this.#pending.get(correlationId)
    if (pending === undefined) throw new Error(`an answer to request ${correlationId}, which was not sent`)
    this.#pending.delete(correlationId)
    pending.take(frame)
  }

  send<In, Out>(
    message: ClientMessage<In, Out>,
    version: number,
    value: In,
    hasNoResponse: boolean,
  ): Promise<Out | undefined> {
    if (!this.#isOpen) return Promise.reject(new ConnectionLost(`${this.#where}: not connected`))
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff
    const correlationId = this.#correlationId
    const header = { apiVersion: version, correlationId, clientId: this.#clientId }
    const writer = new Writer()
    const size = writer.reserveInt32()
    writeRequestHeader(writer, message, header)
    message.encodeRequest(version, value, writer)
    size.set(writer.sizeBytes - sizeBytesOfSize)
    return new Promise((resolve, reject) => {
      if (!hasNoResponse) {
        const take = (answer: Buffer): void => {
          try {
            const reader = new Reader(answer)
            readResponseHeader(reader, message, version)
            resolve(message.decodeResponse(version, reader))
          } catch (error) {
            reject(new ConnectionLost(`${this.#where}: ${message.name}: ${messageOf(error)}`, error))
            throw error
          }
        }
        this.#pending.set(correlationId, { take, fail: reject })
      }
      this.#socket.cork()
      for (const chunk of writer.toChunks()) this.#socket.write(chunk)
      this.#socket.uncork()
      if (hasNoResponse) resolve(undefined)
    })
  }
}

/** @throws ConnectionLost */
export const openPlainWire = async (address: BrokerAddress, clientId: string): Promise<Wire> => {
  const where = `${address.host}:${address.port}`
  const opened = Promise.withResolvers<void>()
  const frames = new FrameReader((frame) => wire.take(frame))
  const socket = connect({
    ...address,
    noDelay: true,
    // A host that is gone without a word is noticed even when nothing is asked of it.
    keepAlive: true,
    keepAliveInitialDelay: keepAliveAfterMs,
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
  const timer = setTimeout(() => opened.reject(new Error('it cannot be reached in time')), connectTimeoutMs)
  socket.once('connect', opened.resolve)
  socket.once('error', opened.reject)
  const wire = new PlainWire(socket, where, clientId)
  try {
    await opened.promise
    return wire
  } catch (error) {
    wire.close()
    throw new ConnectionLost(`${where}: ${messageOf(error)}`, error)
  } finally {
    clearTimeout(timer)
  }
}
