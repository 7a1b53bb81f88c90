/**
 * Listens for clients and keeps count of them.
 *
 * - A client beyond the limit of connections is closed at once; one line says so when that begins.
 * - `close` takes no more requests, lets those that run be answered, and is done after `drainMsMax` at the latest.
 */
import net from 'node:net'
import type { SlabPool } from '../log/slab.ts'
import type { Broker, RequestDefinition } from '../requests/define.ts'
import { ClientConnection, type ConnectionEnvironment } from './connection.ts'
import { chooseReadMode, type ReadMode } from './socket.adapter.ts'
import { type ServerLimits, Traffic } from './traffic.ts'

const drainMsMax = 5000
const idleCheckMs = 30_000
const backlog = 511

export interface ServerOptions {
  readonly broker: Broker
  readonly requests: readonly RequestDefinition[]
  readonly pool: SlabPool
  readonly limits: ServerLimits
  /** How sockets are read; chosen by a trial when left out. */
  readonly readMode?: ReadMode
}

export class Server {
  readonly #environment: ConnectionEnvironment
  readonly #connections = new Set<ClientConnection>()
  readonly #listener: net.Server
  #nextId = 1
  #isOverLimit = false
  #isClosing = false
  #cancelIdleCheck: () => void = () => undefined
  #drained: () => void = () => undefined

  private constructor(environment: ConnectionEnvironment) {
    this.#environment = environment
    this.#listener = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    )
  }

  /** Begins to listen; throws the operating system's error when it cannot. */
  static async listen(options: ServerOptions, host: string, port: number): Promise<Server> {
    const { broker, pool, limits } = options
    const server = new Server({
      broker,
      pool,
      limits,
      requests: new Map(options.requests.map((request) => [request.apiKey, request])),
      traffic: new Traffic(limits.inFlightBytesMax),
      readMode: options.readMode ?? (await chooseReadMode()),
    })
    await server.#listen(host, port)
    server.#planIdleCheck()
    return server
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#listener.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    return { host: address.address, port: address.port }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  get readMode(): ReadMode {
    return this.#environment.readMode
  }

  #listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen({ host, port, backlog }, () => {
        this.#listener.off('error', reject)
        this.#listener.on('error', (error) =>
          this.#environment.broker.report(`listening failed: ${String(error)}`),
        )
        resolve()
      })
    })
  }

  #accept(socket: net.Socket): void {
    const { limits, broker } = this.#environment
    if (this.#isClosing || this.#connections.size >= limits.connectionsMax) {
      if (!this.#isOverLimit && !this.#isClosing) {
        broker.report(`refusing connections: ${limits.connectionsMax} are open`)
      }
      this.#isOverLimit = true
      socket.destroy()
      return
    }
    this.#isOverLimit = false
    try {
      this.#serve(socket)
    } catch (error) {
      broker.report(`a connection could not be taken: ${String(error)}`)
      socket.destroy()
    }
  }

  #serve(socket: net.Socket): void {
    const connection: ClientConnection = new ClientConnection(this.#nextId, socket, this.#environment, () => {
      this.#connections.delete(connection)
      if (this.#connections.size === 0) this.#drained()
    })
    this.#nextId += 1
    this.#connections.add(connection)
  }

  #planIdleCheck(): void {
    const { clock } = this.#environment.broker
    this.#cancelIdleCheck = clock.after(idleCheckMs, () => {
      const nowMs = clock.now()
      for (const connection of this.#connections) connection.closeIfIdle(nowMs)
      this.#planIdleCheck()
    })
  }

  /** Ends every connection in good order. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#cancelIdleCheck()
    this.#listener.close()
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#environment.broker.clock.after(drainMsMax, resolve)
        this.#drained = () => {
          cancel()
          resolve()
        }
        for (const connection of this.#connections) connection.end()
      })
    }
    for (const connection of this.#connections) connection.destroy()
  }
}
