/**
 * The live feed: one WebSocket for the tab, shared by everything that is shown.
 *
 * - Each subscription is asked for again after a reconnect, from where it was (`after`).
 * - Silence for longer than the server promised counts as a lost connection. Between two attempts lies a growing,
 *   bounded pause with some chance in it, so that many tabs do not come back at once.
 * - A tab that nobody looks at lets the feed pause.
 */

import { livePath } from 'virtual:endpoints'
import type { ClientMessage, ServerMessage } from 'sluice/contract'
import { parseJson } from '../client/json.adapter.ts'

export type LiveState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing was heard since then; another attempt is on its way. */
  | { readonly kind: 'lost'; readonly sinceMs: number }
  /** The server has no feed for us (not signed in, or an older server): pages poll. */
  | { readonly kind: 'polling' }

export interface LiveUpdate {
  readonly data: unknown
  readonly dropped: number
  readonly atMs: number
}

export interface LiveListener {
  readonly update: (update: LiveUpdate) => void
  /** The feed of this subscription failed; `ended`: it will not come back by itself. */
  readonly failed?: (problem: { code: string; error: string; fix: string; ended: boolean }) => void
}

interface Subscription {
  readonly id: string
  readonly channel: string
  readonly params: Readonly<Record<string, unknown>>
  readonly listeners: Set<LiveListener>
  after: number | null
  last: LiveUpdate | null
  readonly keepsLast: boolean
  paused: boolean
}

const firstPauseMs = 500
const longestPauseMs = 15_000
/** Attempts that never got a word out of the server before pages poll instead. */
const hopelessAttempts = 3

export interface LiveConnection {
  readonly subscribe: (
    channel: string,
    params: Readonly<Record<string, unknown>>,
    listener: LiveListener,
  ) => () => void
  /** Holds back the rows of a channel, or lets them come again. */
  readonly hold: (channel: string, params: Readonly<Record<string, unknown>>, paused: boolean) => void
  readonly state: () => LiveState
  readonly onState: (listener: () => void) => () => void
  /** Keeps everything that is shown as it is; what came meanwhile is shown when it goes on. */
  readonly freeze: (frozen: boolean) => void
  /** Since when everything is kept as it is; null while it moves. */
  readonly frozenSinceMs: () => number | null
  /** Tries at once, for instance after a sign-in. */
  readonly reconnect: () => void
}

const keyOf = (channel: string, params: Readonly<Record<string, unknown>>): string =>
  `${channel} ${JSON.stringify(params, Object.keys(params).toSorted())}`

class Connection implements LiveConnection {
  private socket: WebSocket | null = null
  private current: LiveState = { kind: 'connecting' }
  private readonly subscriptions = new Map<string, Subscription>()
  private readonly stateListeners = new Set<() => void>()
  private nextId = 1
  private failures = 0
  private heardAtMs = Date.now()
  private aliveMs = 15_000
  private timer: ReturnType<typeof setTimeout> | undefined
  private opened = false
  private frozenAtMs: number | null = null

  constructor() {
    setInterval(() => this.checkSilence(), 1_000)
    addEventListener('online', () => this.reconnect())
  }

  state = (): LiveState => this.current

  onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener)
    return () => this.stateListeners.delete(listener)
  }

  subscribe = (
    channel: string,
    params: Readonly<Record<string, unknown>>,
    listener: LiveListener,
  ): (() => void) => {
    const key = keyOf(channel, params)
    let subscription = this.subscriptions.get(key)
    if (subscription === undefined) {
      subscription = {
        id: `s${this.nextId++}`,
        channel,
        params,
        listeners: new Set(),
        after: null,
        last: null,
        keepsLast: channel !== 'messages',
        paused: false,
      }
      this.subscriptions.set(key, subscription)
      this.ask(subscription)
    } else if (subscription.last !== null) listener.update(subscription.last)
    subscription.listeners.add(listener)
    this.open()
    const mine = subscription
    return () => {
      mine.listeners.delete(listener)
      if (mine.listeners.size > 0 || this.subscriptions.get(key) !== mine) return
      this.subscriptions.delete(key)
      this.send({ type: 'unsubscribe', id: mine.id })
    }
  }

  hold = (channel: string, params: Readonly<Record<string, unknown>>, paused: boolean): void => {
    const subscription = this.subscriptions.get(keyOf(channel, params))
    if (subscription === undefined || subscription.paused === paused) return
    subscription.paused = paused
    this.send({ type: paused ? 'pause' : 'resume', id: subscription.id })
  }

  freeze = (frozen: boolean): void => {
    this.frozenAtMs = frozen ? Date.now() : null
    for (const { keepsLast, last, listeners, id } of this.subscriptions.values()) {
      if (!keepsLast) this.send({ type: frozen ? 'pause' : 'resume', id })
      else if (!frozen && last !== null) for (const listener of listeners) listener.update(last)
    }
    this.tell()
  }

  frozenSinceMs = (): number | null => this.frozenAtMs

  reconnect = (): void => {
    this.failures = 0
    this.opened = false
    clearTimeout(this.timer)
    this.socket?.close()
    this.socket = null
    this.open()
  }

  private change(state: LiveState): void {
    if (this.current.kind === state.kind) return
    this.current = state
    this.tell()
  }

  private tell(): void {
    for (const listener of this.stateListeners) listener()
  }

  private open(): void {
    if (this.socket !== null || this.subscriptions.size === 0) return
    if (this.current.kind === 'polling' && this.failures >= hopelessAttempts) return
    clearTimeout(this.timer)
    const socket = new WebSocket(
      `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${livePath}`,
    )
    this.socket = socket
    socket.addEventListener('message', ({ data }) => {
      if (this.socket === socket) this.take(parseJson(String(data)) as ServerMessage)
    })
    socket.addEventListener('close', () => {
      if (this.socket === socket) this.lose()
    })
  }

  private take(message: ServerMessage): void {
    this.heardAtMs = Date.now()
    switch (message.type) {
      case 'welcome':
        this.opened = true
        this.failures = 0
        this.aliveMs = message.limits.alive_ms
        this.change({ kind: 'live' })
        for (const subscription of this.subscriptions.values()) this.ask(subscription)
        return
      case 'subscribed': {
        const subscription = this.find(message.id)
        if (subscription !== undefined && !message.resumed) subscription.after = null
        return
      }
      case 'update': {
        const subscription = this.find(message.id)
        if (subscription === undefined) return
        subscription.after = message.seq
        const update = { data: message.data, dropped: message.dropped, atMs: Date.parse(message.at) }
        if (subscription.keepsLast) subscription.last = update
        if (subscription.keepsLast && this.frozenAtMs !== null) return
        for (const listener of subscription.listeners) listener.update(update)
        return
      }
      case 'error': {
        if (message.id === null) return
        for (const listener of this.find(message.id)?.listeners ?? []) listener.failed?.(message)
        return
      }
      case 'alive':
        return
    }
  }

  private find(id: string): Subscription | undefined {
    for (const subscription of this.subscriptions.values()) if (subscription.id === id) return subscription
    return undefined
  }

  private ask(subscription: Subscription): void {
    const { id, channel, params, after } = subscription
    this.send({ type: 'subscribe', id, channel, params: { ...params }, ...(after === null ? {} : { after }) })
    if (subscription.paused) this.send({ type: 'pause', id })
  }

  private send(message: ClientMessage): void {
    // Before the welcome nothing is asked: it is asked for then.
    if (this.opened && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private checkSilence(): void {
    if (this.socket === null || !this.opened) return
    if (Date.now() - this.heardAtMs > this.aliveMs * 2) this.socket.close()
  }

  private lose(): void {
    this.socket = null
    const spoke = this.opened
    this.opened = false
    this.failures += 1
    if (!spoke && this.current.kind !== 'lost' && this.failures >= hopelessAttempts) {
      this.change({ kind: 'polling' })
      // Now and then it is tried again: the server may have learnt it, or somebody signed in.
      this.timer = setTimeout(() => {
        this.failures = 0
        this.open()
      }, 60_000)
      return
    }
    if (spoke) this.change({ kind: 'lost', sinceMs: this.heardAtMs })
    const pause = Math.min(firstPauseMs * 2 ** (this.failures - 1), longestPauseMs)
    this.timer = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2))
  }
}

let shared: LiveConnection | null = null

/** The connection of this tab; made when it is first asked for. */
export const liveConnection = (): LiveConnection => (shared ??= new Connection())
