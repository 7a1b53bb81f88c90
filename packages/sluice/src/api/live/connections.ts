/** Every live connection of a server: sends to each what is new, fairly, and looks after it. */
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { Clock } from '../../kernel/clock.ts'
import { limits } from '../../kernel/limits.ts'
import { type ConnectionParts, LiveConnection, type LiveSocket } from './connection.ts'

const { live } = limits

const checkEveryMs = 1_000
// How many clients are written to before others get their turn.
const sentAtOnce = 4
const goodbyeMs = 1_000

const socketOf = (webSocket: WebSocket): LiveSocket => ({
  send: (data) => webSocket.send(data, { binary: false }),
  get unsentBytes() {
    return webSocket.bufferedAmount
  },
  ping: () => webSocket.ping(),
  close: (code) => {
    webSocket.close(code)
    // Who does not say goodbye back is cut off.
    setTimeout(() => webSocket.terminate(), goodbyeMs).unref()
  },
  cut: () => webSocket.terminate(),
})

const bytesOf = (data: Buffer | ArrayBuffer | Buffer[]): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)

export class Connections {
  readonly #parts: Omit<ConnectionParts, 'socket' | 'principal' | 'whoIsIt'>
  readonly #clock: Clock
  readonly #closing: AbortSignal
  readonly #open = new Set<LiveConnection>()
  #isRunning = false

  /** @param closing aborted when the server is about to stop: then clients are told to come again */
  constructor(parts: Omit<ConnectionParts, 'socket' | 'principal' | 'whoIsIt'>, closing: AbortSignal) {
    this.#parts = parts
    this.#clock = parts.clock
    this.#closing = closing
    const goodbye = (): void => {
      for (const connection of this.#open) connection.close(1001)
    }
    closing.addEventListener('abort', goodbye, { once: true })
  }

  get count(): number {
    return this.#open.size
  }

  add(webSocket: WebSocket, who: Pick<ConnectionParts, 'principal' | 'whoIsIt'>): void {
    const connection = new LiveConnection({ ...this.#parts, ...who, socket: socketOf(webSocket) })
    this.#open.add(connection)
    webSocket.on('message', (data, isBinary) => connection.receive(isBinary ? null : bytesOf(data)))
    webSocket.on('pong', () => connection.heard())
    // What is wrong with the socket shows in its close, which follows.
    webSocket.on('error', () => undefined)
    webSocket.on('close', () => {
      this.#open.delete(connection)
      connection.closed()
    })
    if (this.#closing.aborted) connection.close(1001)
    else void this.#run()
  }

  /** Goes on while there are connections. */
  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    let checkedAtMs = this.#clock.now()
    while (this.#open.size > 0 && !this.#closing.aborted) {
      await this.#clock.sleep(live.updateMs, this.#closing)
      await this.#flush()
      if (this.#clock.now() - checkedAtMs < checkEveryMs) continue
      checkedAtMs = this.#clock.now()
      for (const connection of this.#open) void connection.check(checkedAtMs)
    }
    this.#isRunning = false
  }

  async #flush(): Promise<void> {
    let sent = 0
    for (const connection of this.#open) {
      if (!connection.flush(this.#clock.now())) continue
      sent++
      if (sent % sentAtOnce === 0) await yieldToOthers()
    }
  }
}
