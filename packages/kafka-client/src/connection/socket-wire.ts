/**
 * Requests and answers over any socket: several under way at once, told apart by their numbers.
 *
 * Chunks of requests are written as they are, without joining them. Who made the socket hands in each answer with `take`.
 */
import type { Socket } from 'node:net'
import { Reader, readResponseHeader, Writer, writeRequestHeader } from 'sluice-kafka-protocol'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { limits } from '../support/limits.ts'
import type { ClientMessage, Wire } from './wire.ts'

const sizeBytesOfSize = 4

interface Pending {
  /** Reads the answer and tells whoever waits for it; throws where it cannot be read. */
  readonly take: (answer: Buffer) => void
  readonly fail: (problem: Error) => void
}

export class SocketWire implements Wire {
  readonly #socket: Socket
  readonly #where: string
  readonly #clientId: string
  readonly #pending = new Map<number, Pending>()
  #correlationId = 0
  /** Why it is not open any more. */
  #lost: KafkaError | null = null

  constructor(socket: Socket, where: string, clientId: string) {
    this.#socket = socket
    this.#where = where
    this.#clientId = clientId
    socket.on('error', (error) => this.lose(error))
    socket.on('close', () => this.lose(new Error('the connection was closed')))
    socket.on('end', () => socket.destroy())
  }

  get isOpen(): boolean {
    return this.#lost === null
  }

  /** Requests under way fail. What was written and is not to be answered still goes out, where that is quick. */
  close(problem: Error = new Error('the connection was closed')): void {
    if (this.#lost !== null) return
    const isIdle = this.#pending.size === 0 && !this.#socket.connecting
    this.#end(problem)
    if (!isIdle) {
      this.#socket.destroy()
      return
    }
    const timer = setTimeout(() => this.#socket.destroy(), limits.lastWordsMs)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.end()
  }

  lose(problem: Error): void {
    if (this.#lost !== null) return
    this.#end(problem)
    this.#socket.destroy()
  }

  #end(problem: Error): void {
    const lost = isKafkaError(problem)
      ? problem
      : new KafkaError('CONNECTION_LOST', this.#where, messageOf(problem), problem)
    this.#lost = lost
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
    if (this.#lost !== null) return Promise.reject(this.#lost)
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
            reject(
              new KafkaError('CONNECTION_LOST', this.#where, `${message.name}: ${messageOf(error)}`, error),
            )
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
