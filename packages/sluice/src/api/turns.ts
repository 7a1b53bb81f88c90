/** Lets others have their turn while many records are judged. What a filter costs on a record only the clock tells. */
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { Clock } from '../kernel/clock.ts'

/** How long records are judged at a stretch. */
const turnMs = 8

export interface Turns {
  /** Whether the others have waited long enough; to be asked after each record that was judged. */
  isOver(): boolean
  /** Gives the others their turn; another stretch begins after it. */
  next(): Promise<void>
}

export const createTurns = (clock: Clock): Turns => {
  let endsMs = clock.now() + turnMs
  return {
    isOver: () => clock.now() >= endsMs,
    next: async () => {
      await yieldToOthers()
      endsMs = clock.now() + turnMs
    },
  }
}
