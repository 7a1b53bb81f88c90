/**
 * What a broker remembers of what one connection reads (KIP-227), so that requests name only what changed.
 *
 * - Decides only: says what a request has to name, and takes note of the answer.
 * - A broker that keeps no sessions is asked for everything each time, as before there were any.
 * - Whatever goes wrong, the next request names everything and asks for a new session.
 */
import { errorCodes, zeroUuid } from 'sluice-kafka-protocol'

export interface WantedPartition {
  readonly topic: string
  /** '' where the broker knows no ids. */
  readonly topicId: string
  readonly partition: number
  /** Of the leader, as far as it is known; -1 where it is not. */
  readonly leaderEpoch: number
  readonly offset: bigint
  readonly bytesMax: number
}

export interface SessionPlan {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** Partitions to name: all, or those that are new or changed. */
  readonly named: readonly WantedPartition[]
  /** Partitions that the broker shall not send any more. */
  readonly forgotten: readonly WantedPartition[]
}

const firstEpoch = 1
const epochMax = 0x7fff_ffff
/** Asks for a new session. */
const nothing = { sessionId: 0, sessionEpoch: 0 }

const keyOf = ({ topicId, topic, partition }: WantedPartition): string => `${topicId}/${topic}/${partition}`

export class FetchSession {
  #id = 0
  #epoch = 0
  /** What the broker knows, by partition. */
  #known = new Map<string, WantedPartition>()

  /** Whether an answer may leave out partitions of which there is nothing new. */
  get isIncremental(): boolean {
    return this.#id !== 0
  }

  /** What the next request says to read exactly `wanted`. */
  plan(wanted: readonly WantedPartition[]): SessionPlan {
    const next = new Map(wanted.map((each) => [keyOf(each), each]))
    const known = this.#known
    this.#known = next
    if (this.#id === 0) return { ...nothing, named: wanted, forgotten: [] }
    const named = wanted.filter((each) => {
      const before = known.get(keyOf(each))
      if (before?.offset !== each.offset) return true
      return before.bytesMax !== each.bytesMax || before.leaderEpoch !== each.leaderEpoch
    })
    const forgotten = [...known].filter(([key]) => !next.has(key)).map(([, each]) => each)
    return { sessionId: this.#id, sessionEpoch: this.#epoch, named, forgotten }
  }

  /** The broker answered, without an error of its own, under this session; 0: it keeps none. */
  answered(sessionId: number): void {
    if (sessionId === 0) this.reset()
    else if (sessionId === this.#id) this.#epoch = this.#epoch === epochMax ? firstEpoch : this.#epoch + 1
    else {
      this.#id = sessionId
      this.#epoch = firstEpoch
    }
  }

  /** Nobody knows what the broker knows: begin anew. */
  reset(): void {
    this.#id = 0
    this.#known.clear()
  }
}

/** As requests have it: partitions by topic, in the order in which topics come first. */
export const namedByTopic = <Item>(
  partitions: readonly WantedPartition[],
  toItem: (partition: WantedPartition) => Item,
): { topic: string; topicId: string; partitions: Item[] }[] =>
  Array.from(Map.groupBy(partitions, ({ topic, topicId }) => `${topicId}/${topic}`).values(), (each) => ({
    topic: each[0]?.topic ?? '',
    topicId: each[0] === undefined || each[0].topicId === '' ? zeroUuid : each[0].topicId,
    partitions: each.map(toItem),
  }))

/** What the broker remembers is not what we think; the records are not concerned. */
export const isSessionLost = (code: number): boolean =>
  code === errorCodes.FETCH_SESSION_ID_NOT_FOUND ||
  code === errorCodes.INVALID_FETCH_SESSION_EPOCH ||
  code === errorCodes.FETCH_SESSION_TOPIC_ID_ERROR
