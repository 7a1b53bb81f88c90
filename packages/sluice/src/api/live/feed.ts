/** One channel with its parameters, as all who watch it share it. */
import { type Fault, fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import { RequestProblems } from '../checks.ts'

/** What is sent to a subscription: data as JSON text in bytes, made once for all who get the same. */
export interface FeedUpdate {
  readonly seq: number
  readonly atMs: number
  readonly body: Buffer
  readonly dropped: number
}

export interface FeedStart {
  /** Cursor of the new subscription. */
  readonly seq: number
  /** It goes on from where the client was. */
  readonly resumed: boolean
}

export interface Feed {
  /** Resolves when the feed has begun as asked. @throws Fault where it cannot be watched at all */
  readonly started: Promise<void>
  /** Where one who comes now begins. @param after what the client has seen; null for nothing */
  begin(after: number | null): FeedStart
  /** Why it brings nothing at present; another object for another failure. */
  readonly failure: Fault | null
  /**
   * What to send to one whose cursor this is; null where there is nothing new.
   * @param wasFailing the last thing it was told is a failure: it hears that this is over, even by nothing new
   */
  next(cursor: number, wasFailing: boolean): FeedUpdate | null
  close(): void
}

/** Any thrown thing as a fault that may be told. */
export const faultOf = (error: unknown): Fault => {
  if (error instanceof RequestProblems) return error.fault
  return isFault(error)
    ? error
    : fault('UNAVAILABLE', { what: 'What you watch', problem: messageOf(error) }, error)
}

/**
 * Where sequences of a channel begin that starts at `nowMs`: above all of an earlier life of it, as long as it had
 * no more than a thousand a millisecond.
 */
export const baseSequence = (nowMs: number): number => Math.floor(nowMs) * 1_000
