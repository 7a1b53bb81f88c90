/** What keeps a session from its work now, and since when: transient trouble is silent, lasting trouble is told. */
import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/faults/index.ts'
import type { Logger } from '../../kernel/logger.ts'

export class Troubles {
  readonly #toldAfterMs: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #known = new Map<string, { problem: unknown; readonly sinceMs: number }>()

  constructor(toldAfterMs: number, clock: Clock, logger: Logger) {
    this.#toldAfterMs = toldAfterMs
    this.#clock = clock
    this.#logger = logger
  }

  /** @param problem null: it is over */
  set(about: string, problem: unknown): void {
    if (problem === null) {
      this.#known.delete(about)
      return
    }
    const sinceMs = this.#known.get(about)?.sinceMs
    if (sinceMs === undefined) this.#logger.debug(`${about}: trying again`, { problem: messageOf(problem) })
    this.#known.set(about, { problem, sinceMs: sinceMs ?? this.#clock.now() })
  }

  /** A problem that has lasted so long that it should be told; null: none. */
  lasting(): unknown {
    const now = this.#clock.now()
    for (const { problem, sinceMs } of this.#known.values()) {
      if (now - sinceMs >= this.#toldAfterMs) return problem
    }
    return null
  }
}
