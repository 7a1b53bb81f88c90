/**
 * The feeds that run: one for each channel with its parameters, however many watch it. A feed that nobody watches any
 * more ends, one that can be resumed a while later.
 */
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { Feed } from './feed.ts'

export interface FeedRequest {
  /** Equal for whoever gets the same. */
  readonly key: string
  readonly start: () => Feed
  /** How long it goes on without anybody. */
  readonly lingerMs: number
}

interface Running {
  readonly feed: Feed
  watchers: number
  /** When it was last left; null while it is watched. */
  leftAtMs: number | null
}

export interface Watched {
  readonly feed: Feed
  /** Leaves it; once. */
  readonly leave: () => void
}

export class Feeds {
  readonly #clock: Clock
  readonly #most: number
  readonly #running = new Map<string, Running>()
  readonly #ending = new AbortController()

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  get count(): number {
    return this.#running.size
  }

  /** @throws fault TOO_BUSY */
  watch({ key, start, lingerMs }: FeedRequest): Watched {
    const running = this.#running.get(key) ?? this.#begin(key, start)
    running.watchers++
    running.leftAtMs = null
    let isLeft = false
    const leave = (): void => {
      if (isLeft) return
      isLeft = true
      running.watchers--
      if (running.watchers === 0) void this.#linger(key, running, lingerMs)
    }
    return { feed: running.feed, leave }
  }

  close(): void {
    this.#ending.abort()
    for (const key of this.#running.keys()) this.#end(key)
  }

  #begin(key: string, start: () => Feed): Running {
    if (this.#running.size >= this.#most) this.#endOldestLeft()
    if (this.#running.size >= this.#most) {
      throw fault('TOO_BUSY', { what: 'The live feed', limit: `${this.#most} feeds`, retryAfterSeconds: 10 })
    }
    const running: Running = { feed: start(), watchers: 0, leftAtMs: null }
    this.#running.set(key, running)
    // Who comes next begins anew.
    running.feed.started.catch(() => this.#end(key, running))
    return running
  }

  async #linger(key: string, running: Running, lingerMs: number): Promise<void> {
    const leftAtMs = this.#clock.now()
    running.leftAtMs = leftAtMs
    if (lingerMs > 0) await this.#clock.sleep(lingerMs, this.#ending.signal)
    // Somebody may have come and gone meanwhile: then a later call of this ends it.
    if (running.watchers === 0 && running.leftAtMs === leftAtMs) this.#end(key, running)
  }

  #endOldestLeft(): void {
    let oldest: readonly [string, number] | null = null
    for (const [key, { leftAtMs }] of this.#running) {
      if (leftAtMs !== null && (oldest === null || leftAtMs < oldest[1])) oldest = [key, leftAtMs]
    }
    if (oldest !== null) this.#end(oldest[0])
  }

  #end(key: string, expected?: Running): void {
    const running = this.#running.get(key)
    if (running === undefined || (expected !== undefined && running !== expected)) return
    this.#running.delete(key)
    running.feed.close()
  }
}
