/** A client of a few lines for tests of the server: whole requests or any bytes out, responses by their number in. */
import net from 'node:net'
import { type Message, Reader, readResponseHeader, requestFrame } from 'sluice-kafka-protocol'

export class WireClient {
  readonly #socket: net.Socket
  readonly #waiting = new Map<number, (frame: Buffer) => void>()
  /** Numbers of the responses, in the order they came. */
  readonly order: number[] = []
  readonly closed: Promise<void>
  #nextId = 1
  #held: Buffer = Buffer.alloc(0)

  private constructor(socket: net.Socket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => this.#take(data))
  }

  static connect({ host, port }: { readonly host: string; readonly port: number }): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, host, () => resolve(new WireClient(socket)))
      socket.once('error', reject)
    })
  }

  /** Sends a request; settles with its decoded response. */
  async send<In, Out>(
    message: Message<unknown, In, Out, never>,
    apiVersion: number,
    request: In,
  ): Promise<Out> {
    const correlationId = this.#nextId
    this.#nextId += 1
    const frame = new Promise<Buffer>((resolve) => this.#waiting.set(correlationId, resolve))
    this.write(...requestFrame(message, { apiVersion, correlationId, clientId: 'test' }, request))
    const reader = new Reader(await frame)
    readResponseHeader(reader, message, apiVersion)
    return message.decodeResponse(apiVersion, reader)
  }

  /** Sends any bytes. */
  write(...chunks: readonly Buffer[]): void {
    for (const chunk of chunks) this.#socket.write(chunk)
  }

  /** The raw response that carries this number. */
  rawResponse(correlationId: number): Promise<Buffer> {
    return new Promise((resolve) => this.#waiting.set(correlationId, resolve))
  }

  /** Stops or goes on taking bytes off the connection. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    this.#held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data])
    while (this.#held.length >= 4 && this.#held.length >= 4 + this.#held.readInt32BE(0)) {
      const end = 4 + this.#held.readInt32BE(0)
      const frame = this.#held.subarray(4, end)
      this.#held = this.#held.subarray(end)
      const correlationId = frame.readInt32BE(0)
      this.order.push(correlationId)
      this.#waiting.get(correlationId)?.(frame)
      this.#waiting.delete(correlationId)
    }
  }
}
