/**
 * A state channel: asks for the answer of its entry again and again, and gives it out when it changed.
 *
 * A failure is given out once, until it changes or ends; asking goes on.
 */
import type { Clock } from '../../kernel/clock.ts'
import type { Fault } from '../../kernel/faults/index.ts'
import { fieldsOf } from '../plain.ts'
import { baseSequence, type Feed, type FeedUpdate, faultOf } from './feed.ts'

export interface StateFeedParts {
  /** Asks for the answer, as a call of its entry would. */
  readonly answer: (signal: AbortSignal) => Promise<unknown>
  readonly everyMs: number
  readonly clock: Clock
}

/** The answer as text without its time of writing: by that alone nothing has changed. */
const substanceOf = (answer: unknown): { readonly substance: string; readonly timestamp: unknown } => {
  const { timestamp, ...rest } = fieldsOf(answer)
  return { substance: JSON.stringify(rest), timestamp }
}

/** The whole answer, from what was made into text already: an answer may be megabytes. */
const bodyOf = (substance: string, timestamp: unknown): Buffer => {
  if (timestamp === undefined) return Buffer.from(substance)
  const comma = substance === '{}' ? '' : ','
  return Buffer.from(`${substance.slice(0, -1)}${comma}"timestamp":${JSON.stringify(timestamp)}}`)
}

export const startStateFeed = ({ answer, everyMs, clock }: StateFeedParts): Feed => {
  const ending = new AbortController()
  const { signal } = ending
  const base = baseSequence(clock.now())
  let current: FeedUpdate | null = null
  let substance: string | null = null
  let failure: Fault | null = null
  const look = async (): Promise<void> => {
    try {
      const found = await answer(signal)
      failure = null
      const now = substanceOf(found)
      if (now.substance === substance) return
      substance = now.substance
      const body = bodyOf(substance, now.timestamp)
      current = { seq: (current?.seq ?? base) + 1, atMs: clock.now(), body, dropped: 0 }
    } catch (error) {
      const told = faultOf(error)
      if (told.message !== failure?.message) failure = told
    }
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await look()
      await clock.sleep(everyMs, signal)
    }
  }
  void run()
  return {
    started: Promise.resolve(),
    begin: (after) =>
      after !== null && after === current?.seq
        ? { seq: after, resumed: true }
        : { seq: base, resumed: false },
    get failure() {
      return failure
    },
    next: (cursor, wasFailing) => (current !== null && (wasFailing || current.seq > cursor) ? current : null),
    close: () => ending.abort(),
  }
}
