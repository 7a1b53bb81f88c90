/**
 * The live feed: one WebSocket for the tab, shared by everything that is shown.
 *
 * - Each subscription is asked for again after a reconnect, from where it was: by `after`, or as its listener says.
 * - Silence for longer than the server promised counts as a lost connection. Between two attempts lies a growing,
 *   bounded pause with some chance in it, so that many tabs do not come back at once.
 * - A tab that nobody looks at lets the feed pause.
 */

import { livePath } from 'virtual:endpoints'
import type { ClientMessage, ServerMessage } from 'sluice/contract'
import { parseJson } from '../client/json.adapter.ts'
import { isStateChannel } from './state-channel.ts'

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

export interface LiveProblem {
  readonly code: string
  readonly error: string
  readonly fix: string
  /** It will not come back by itself. */
  readonly ended: boolean
}

export interface LiveListener {
  readonly update: (update: LiveUpdate) => void
  /** The feed of this subscription failed; it works again with the next update or the next `began`. */
  readonly failed?: (problem: LiveProblem) => void
  /** The server watches for us; `isBroken`: it could not go on from the update that was seen last. */
  readonly began?: (isBroken: boolean) => void
  /** What to ask for after a reconnect instead of the same with `after`; null: the same. */
  readonly again?: () => Readonly<Record<string, unknown>> | null
}

interface Subscription {
  readonly id: string
  readonly channel: string
  readonly params: Readonly<Record<string, unknown>>
  readonly listeners: Set<LiveListener>
  after: number | null
  last: LiveUpdate | null
  /** Why nothing comes, until something comes. */
  problem: LiveProblem | null
  readonly keepsLast: boolean
  paused: boolean
}

/** What is refused or gone is so by polling too: the page says it where it would have been shown. */
const isAnAnswer = ({ code }: LiveProblem): boolean => code === 'NOT_FOUND' || code === 'FORBIDDEN'

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
  /** Why a part of what is shown is not live although the connection is; null where all of it is. */
  readonly problem: () => LiveProblem | null
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

  problem = (): LiveProblem | null => {
    for (const { problem, keepsLast } of this.subscriptions.values())
      if (problem !== null && keepsLast && !isAnAnswer(problem)) return problem
    return null
  }

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
        problem: null,
        keepsLast: isStateChannel(channel),
        paused: false,
      }
      this.subscriptions.set(key, subscription)
      this.ask(subscription)
    } else {
      if (subscription.last !== null) listener.update(subscription.last)
      if (subscription.problem !== null) listener.failed?.(subscription.problem)
    }
    subscription.listeners.add(listener)
    this.open()
    const mine = subscription
    return () => {
      mine.listeners.delete(listener)
      if (mine.listeners.size > 0 || this.subscriptions.get(key) !== mine) return
      this.subscriptions.delete(key)
      this.send({ type: 'unsubscribe', id: mine.id })
      if (mine.problem !== null) this.tell()
    }
  }

  hold = (channel: string, params: Readonly<Record<string, unknown>>, paused: boolean): void => {
    const subscription = this.subscriptions.get(keyOf(channel, params))
    if (subscription === undefined || subscription.paused === paused) return
    subscription.paused = paused
    if (this.frozenAtMs === null || subscription.keepsLast)
      this.send({ type: paused ? 'pause' : 'resume', id: subscription.id })
  }

  freeze = (frozen: boolean): void => {
    this.frozenAtMs = frozen ? Date.now() : null
    for (const { keepsLast, last, listeners, id, paused } of this.subscriptions.values()) {
      if (!keepsLast) this.send({ type: frozen || paused ? 'pause' : 'resume', id })
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
        for (const subscription of this.subscriptions.values()) this.askAgain(subscription)
        return
      case 'subscribed': {
        const subscription = this.find(message.id)
        if (subscription === undefined) return
        const isBroken = subscription.after !== null && !message.resumed
        if (isBroken) subscription.after = null
        this.judge(subscription, null)
        for (const listener of subscription.listeners) listener.began?.(isBroken)
        return
      }
      case 'update': {
        const subscription = this.find(message.id)
        if (subscription === undefined) return
        subscription.after = message.seq
        this.judge(subscription, null)
        const update = { data: message.data, dropped: message.dropped, atMs: Date.parse(message.at) }
        if (subscription.keepsLast) subscription.last = update
        if (subscription.keepsLast && this.frozenAtMs !== null) return
        for (const listener of subscription.listeners) listener.update(update)
        return
      }
      case 'error': {
        if (message.id === null) return
        const subscription = this.find(message.id)
        if (subscription === undefined) return
        this.judge(subscription, message)
        // Asked again, a state is to be sent even where it did not change: that says that it works.
        if (subscription.keepsLast) subscription.after = null
        for (const listener of subscription.listeners) listener.failed?.(message)
        return
      }
      case 'alive':
        return
    }
  }

  /** Whether a subscription works; whoever shows the state of the feed hears of a change. */
  private judge(subscription: Subscription, problem: LiveProblem | null): void {
    if (subscription.problem === null && problem === null) return
    subscription.problem = problem
    this.tell()
  }

  private find(id: string): Subscription | undefined {
    for (const subscription of this.subscriptions.values()) if (subscription.id === id) return subscription
    return undefined
  }

  private askAgain(subscription: Subscription): void {
    const [listener] = subscription.listeners
    const params = listener?.again?.() ?? null
    // Another question has a sequence of its own.
    if (params !== null) subscription.after = null
    this.ask(subscription, params ?? subscription.params)
  }

  private ask(subscription: Subscription, params = subscription.params): void {
    const { id, channel, after, paused, keepsLast } = subscription
    this.send({ type: 'subscribe', id, channel, params: { ...params }, ...(after === null ? {} : { after }) })
    if (paused || (this.frozenAtMs !== null && !keepsLast)) this.send({ type: 'pause', id })
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
