/** One subscription of a connection: its cursor, and what it was told. */
import type { Permission } from '../../contract/permissions.ts'
import type { Fault } from '../../kernel/faults/index.ts'
import type { Subject } from '../authorize.ts'
import type { FeedStart } from './feed.ts'
import type { Watched } from './feeds.ts'
import { errorFrame, updateFrame } from './frames.ts'

export class Subscription {
  readonly id: string
  readonly permission: Permission | null
  readonly subject: Subject
  readonly #watched: Watched
  #cursor: number | null = null
  #told: Fault | null = null
  isPaused = false

  constructor(
    id: string,
    access: { readonly permission: Permission | null; readonly subject: Subject },
    watched: Watched,
  ) {
    this.id = id
    this.permission = access.permission
    this.subject = access.subject
    this.#watched = watched
  }

  /** Resolves when its feed runs. @throws what keeps it from running */
  get started(): Promise<void> {
    return this.#watched.feed.started
  }

  begin(after: number | null): FeedStart {
    const start = this.#watched.feed.begin(after)
    this.#cursor = start.seq
    return start
  }

  /** What is to be sent now; null where there is nothing new. */
  next(): string | Buffer | null {
    if (this.#cursor === null || this.isPaused) return null
    const { feed } = this.#watched
    const { failure } = feed
    if (failure !== null) {
      if (failure === this.#told) return null
      this.#told = failure
      return errorFrame(this.id, failure, false)
    }
    const update = feed.next(this.#cursor, this.#told !== null)
    if (update === null) return null
    this.#told = null
    this.#cursor = update.seq
    return updateFrame(this.id, update)
  }

  leave(): void {
    this.#watched.leave()
  }
}
