/**
 * What a decision about a group gives back: the next group, and what the shell must do. Nothing here is done yet.
 */
import type { Group, GroupError } from './group-state.ts'
import { emptyBytes, NO_GENERATION } from './group-state.ts'

/** The answer to a JoinGroup. */
export interface JoinAnswer {
  readonly error: GroupError
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string
  /** The leader need not assign: the assignment stands (KIP-814). */
  readonly skipAssignment: boolean
  readonly memberId: string
  /** Only for the leader. */
  readonly members: readonly {
    readonly id: string
    readonly instanceId: string | null
    readonly metadata: Buffer
  }[]
}

/** The answer to a SyncGroup. */
export interface SyncAnswer {
  readonly error: GroupError
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

/** What waits for a group to be stored. Handed back to `afterStore` as it is. */
export type StoreIntent =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'assign'
      readonly generation: number
      readonly assignments: ReadonlyMap<string, Buffer>
    }
  | { readonly kind: 'static-join'; readonly memberId: string; readonly answer: JoinAnswer }

/** What the shell must do, in this order. */
export type GroupEffect =
  | { readonly kind: 'answer-join'; readonly memberId: string; readonly answer: JoinAnswer }
  | { readonly kind: 'answer-sync'; readonly memberId: string; readonly answer: SyncAnswer }
  /** Write this group to the log, then call `afterStore` with the intent. */
  | { readonly kind: 'store'; readonly stored: Group; readonly intent: StoreIntent }

/** The next group and what to do. */
export interface Step {
  readonly group: Group
  readonly effects: readonly GroupEffect[]
}

/** A reply now, or `parked`: the request waits under that member id until an effect answers it. */
export type Reply<Answer> = { readonly now: Answer } | { readonly parked: string }

/** A decision about a request. A null group means that none is to be made for it. */
export interface Decision<Answer> {
  readonly group: Group | null
  readonly effects: readonly GroupEffect[]
  readonly reply: Reply<Answer>
}

/** A refused JoinGroup. */
export const joinRefusal = (memberId: string, error: GroupError): JoinAnswer => ({
  error,
  generation: NO_GENERATION,
  protocolType: null,
  protocolName: null,
  leaderId: '',
  skipAssignment: false,
  memberId,
  members: [],
})

/** A refused SyncGroup. */
export const syncRefusal = (error: GroupError): SyncAnswer => ({
  error,
  protocolType: null,
  protocolName: null,
  assignment: emptyBytes,
})
