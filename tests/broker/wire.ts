/**
 * A client that says exactly what it is told to: one request in one version, and its answer, with nothing around it.
 * For tests of what a broker answers to requests that good clients never send.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Message, Reader, readResponseHeader, requestFrame } from 'sluice-kafka-protocol'

const sizeBytes = 4

export class Wire implements Disposable {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #lastId = 0
  readonly #waiting = new Map<number, PromiseWithResolvers<Buffer>>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the broker closed the connection'))
      this.#waiting.clear()
    })
  }

  /** Connects to host:port. */
  static async open(address: string): Promise<Wire> {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new Wire(socket)
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= sizeBytes) {
      const end = sizeBytes + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = this.#received.subarray(sizeBytes, end)
      this.#received = this.#received.subarray(end)
      const id = frame.readInt32BE(0)
      this.#waiting.get(id)?.resolve(frame)
      this.#waiting.delete(id)
    }
  }

  /** Sends a request and resolves to its answer, however long that takes. */
  async ask<RequestIn, ResponseOut>(
    message: Message<unknown, RequestIn, ResponseOut, never>,
    apiVersion: number,
    request: RequestIn,
  ): Promise<ResponseOut> {
    const correlationId = (this.#lastId += 1)
    const answered = Promise.withResolvers<Buffer>()
    // Who gave up on an answer before the connection closed is not told again.
    answered.promise.catch(() => undefined)
    this.#waiting.set(correlationId, answered)
    const header = { apiVersion, correlationId, clientId: 'wire' }
    for (const chunk of requestFrame(message, header, request)) this.#socket.write(chunk)
    const reader = new Reader(await answered.promise)
    readResponseHeader(reader, message, apiVersion)
    return message.decodeResponse(apiVersion, reader)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
