/**
 * One live connection: what its client watches, what it may, and how much it takes.
 *
 * Nothing is queued for a client: an update is made when the client takes it. Who is slow skips updates, and is told how
 * many rows it missed.
 */
import type { Principal } from '../../contract/answers.ts'
import type { ClientMessage } from '../../contract/live.ts'
import type { Clock } from '../../kernel/clock.ts'
import { type Fault, fault, isFault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { authorize } from '../authorize.ts'
import { Budget } from './budget.ts'
import type { Channels } from './channels.ts'
import { readClientMessage } from './client-message.ts'
import { faultOf } from './feed.ts'
import type { Feeds } from './feeds.ts'
import { aliveFrame, errorFrame, subscribedFrame, welcomeFrame } from './frames.ts'
import { Subscription } from './subscription.ts'

/** The socket under a connection. */
export interface LiveSocket {
  send(data: string | Buffer): void
  /** Bytes that were sent and have not left the process. */
  readonly unsentBytes: number
  ping(): void
  /** Says goodbye with a code of the contract's list. */
  close(code: 1001 | 1008 | 4401 | 4408): void
  /** Cuts it off. */
  cut(): void
}

export interface ConnectionParts {
  readonly version: string
  readonly clock: Clock
  readonly keyFile: string
  readonly channels: Channels
  readonly feeds: Feeds
  readonly socket: LiveSocket
  /** Who opened it. */
  readonly principal: Principal
  /** Asks again who that is by now. @throws fault UNAUTHENTICATED */
  readonly whoIsIt: () => Promise<Principal>
}

const { live } = limits

// What cannot be read counts as so many messages: somebody who sends garbage is cut off sooner.
const garbageCosts = 10

export class LiveConnection {
  readonly #parts: ConnectionParts
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #messages: Budget
  readonly #bytes: Budget
  #principal: Principal
  #isClosed = false
  #turn = 0
  #heardAtMs: number
  #watchedAtMs: number
  #pingedAtMs: number
  #aliveAtMs: number
  #authenticatedAtMs: number

  constructor(parts: ConnectionParts) {
    const nowMs = parts.clock.now()
    this.#parts = parts
    this.#principal = parts.principal
    this.#messages = new Budget(live.messagesPerSecondMax, live.messagesBurstMax, nowMs)
    this.#bytes = new Budget(live.bytesPerSecondMax, live.bytesPerSecondMax, nowMs)
    this.#heardAtMs = nowMs
    this.#watchedAtMs = nowMs
    this.#pingedAtMs = nowMs
    this.#aliveAtMs = nowMs
    this.#authenticatedAtMs = nowMs
    parts.socket.send(welcomeFrame(parts.version, nowMs))
  }

  /** A message of the client; null: it was no text. */
  receive(bytes: Buffer | null): void {
    if (this.#isClosed) return
    const nowMs = this.#parts.clock.now()
    this.#heardAtMs = nowMs
    if (!this.#messages.hasAny(nowMs)) {
      this.close(1008)
      return
    }
    const read = bytes === null ? noText : readClientMessage(bytes)
    if ('fault' in read) {
      this.#messages.spend(garbageCosts)
      this.#send(errorFrame(read.id, read.fault, false))
      return
    }
    this.#messages.spend(1)
    this.#take(read.message)
  }

  /** The client answered a ping. */
  heard(): void {
    this.#heardAtMs = this.#parts.clock.now()
  }

  /** Sends what is new and may go; says whether there was anything. */
  flush(nowMs: number): boolean {
    const all = [...this.#subscriptions.values()]
    let isBusy = false
    // Another one begins each time, so that none takes all that may be sent.
    this.#turn++
    for (let i = 0; i < all.length; i++) {
      if (this.#parts.socket.unsentBytes > live.unsentBytesMax || !this.#bytes.hasAny(nowMs)) break
      const subscription = all[(i + this.#turn) % all.length]
      const frame = subscription === undefined ? null : this.#nextOf(subscription)
      if (frame === null) continue
      isBusy = true
      this.#send(frame)
    }
    return isBusy
  }

  /** What one subscription cannot show ends that one, and no other. */
  #nextOf(subscription: Subscription): string | Buffer | null {
    try {
      return subscription.next()
    } catch (error) {
      this.#drop(subscription.id)
      return errorFrame(subscription.id, faultOf(error), true)
    }
  }

  /** Looks after the connection itself; to be called about each second. */
  async check(nowMs: number): Promise<void> {
    if (nowMs - this.#heardAtMs > live.silenceMsMax) {
      this.#end()
      this.#parts.socket.cut()
      return
    }
    if (this.#subscriptions.size > 0) this.#watchedAtMs = nowMs
    if (nowMs - this.#watchedAtMs > live.idleMsMax) {
      this.close(4408)
      return
    }
    if (nowMs - this.#pingedAtMs >= live.pingMs) {
      this.#pingedAtMs = nowMs
      this.#parts.socket.ping()
    }
    if (nowMs - this.#aliveAtMs >= live.aliveMs && this.#parts.socket.unsentBytes <= live.unsentBytesMax) {
      this.#aliveAtMs = nowMs
      this.#send(aliveFrame(nowMs))
    }
    if (nowMs - this.#authenticatedAtMs >= live.authenticateMs) {
      this.#authenticatedAtMs = nowMs
      await this.#authenticate()
    }
  }

  close(code: 1001 | 1008 | 4401 | 4408): void {
    if (this.#isClosed) return
    this.#end()
    this.#parts.socket.close(code)
  }

  /** The socket is gone. */
  closed(): void {
    this.#end()
  }

  #end(): void {
    this.#isClosed = true
    for (const subscription of this.#subscriptions.values()) subscription.leave()
    this.#subscriptions.clear()
  }

  #send(frame: string | Buffer): void {
    this.#bytes.spend(frame.length)
    this.#parts.socket.send(frame)
  }

  #take(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        void this.#subscribe(message)
        return
      case 'unsubscribe':
        this.#drop(message.id)
        return
      case 'pause':
      case 'resume': {
        const subscription = this.#subscriptions.get(message.id)
        if (subscription !== undefined) subscription.isPaused = message.type === 'pause'
        return
      }
    }
  }

  async #subscribe({
    id,
    channel,
    params,
    after,
  }: Extract<ClientMessage, { type: 'subscribe' }>): Promise<void> {
    // The same name again means: watch this instead.
    this.#drop(id)
    let subscription: Subscription | null = null
    try {
      subscription = this.#open(id, channel, params ?? {})
      await subscription.started
      if (this.#subscriptions.get(id) !== subscription) return
      const { seq, resumed } = subscription.begin(after ?? null)
      this.#send(subscribedFrame(id, seq, resumed))
    } catch (error) {
      const isReplaced = subscription !== null && this.#subscriptions.get(id) !== subscription
      if (this.#isClosed || isReplaced) return
      this.#drop(id)
      this.#send(errorFrame(id, faultOf(error), true))
    }
  }

  #open(id: string, channel: string, params: unknown): Subscription {
    if (this.#subscriptions.size >= live.subscriptionsMax) {
      const limit = `${live.subscriptionsMax} subscriptions`
      throw fault('TOO_BUSY', { what: 'This connection', limit, retryAfterSeconds: 1 })
    }
    const { channels, feeds } = this.#parts
    const asked = channels(channel, params, this.#principal)
    const refused = this.#refusal(asked)
    if (refused !== null) throw refused
    const subscription = new Subscription(id, asked, feeds.watch(asked.feed))
    this.#subscriptions.set(id, subscription)
    return subscription
  }

  #refusal({ permission, subject }: Pick<Subscription, 'permission' | 'subject'>): Fault | null {
    return authorize(this.#principal, permission, subject, this.#parts.keyFile)
  }

  #drop(id: string): void {
    this.#subscriptions.get(id)?.leave()
    this.#subscriptions.delete(id)
  }

  async #authenticate(): Promise<void> {
    try {
      const now = await this.#parts.whoIsIt()
      // Who signed out is somebody else: what may be seen without a session asks for a connection of its own.
      if (now.name !== this.#principal.name) {
        this.close(4401)
        return
      }
      this.#principal = now
    } catch (error) {
      // A store that does not answer says nothing about who this is.
      if (isFault(error) && error.recovery === 'caller') this.close(4401)
      return
    }
    for (const subscription of this.#subscriptions.values()) {
      const refused = this.#refusal(subscription)
      if (refused === null) continue
      this.#drop(subscription.id)
      this.#send(errorFrame(subscription.id, refused, true))
    }
  }
}

const noText = {
  id: null,
  fault: fault('REQUEST_INVALID', { field: 'message', problem: 'is no text; send JSON' }),
} as const
