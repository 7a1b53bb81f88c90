/**
 * What shares the partitions of a consumer group out among its members. Pure: the leader of the group calls it with what
 * every member said of itself, and equal input gives equal shares, whatever the order of the members.
 */

/** A member as its subscription describes it. */
export interface Subscriber {
  readonly memberId: string
  /** Name that a static member gives itself (`group.instance.id`, KIP-345). */
  readonly instanceId: string | null
  readonly topics: readonly string[]
  /** Partitions by topic that it says it holds; a wish where the protocol is eager, a fact where it is cooperative. */
  readonly owned: ReadonlyMap<string, readonly number[]>
  /** Generation in which it was given them; -1 where it does not say. */
  readonly generation: number
}

/** Number of partitions of each topic; topics that do not exist are left out. */
export type PartitionCounts = ReadonlyMap<string, number>

/** Partitions by topic, for each member; ascending. Every member has an entry. */
export type Shares = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>

export interface Assignor {
  /** The protocol's name, as every client of the group must know it. */
  readonly name: string
  /** Eager: everything is given back before each rebalance. Cooperative: only what moves is (KIP-429). */
  readonly rebalance: 'eager' | 'cooperative'
  assign(members: readonly Subscriber[], counts: PartitionCounts): Shares
  /** What the assignor wants to know of a member beyond its subscription, as bytes; null: nothing. */
  userData(owned: Subscriber['owned'], generation: number): Buffer | null
  /** Reads what `userData` of any member wrote into a subscriber; bytes that mean nothing are ignored. */
  withUserData(member: Subscriber, userData: Buffer | null): Subscriber
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Static members first, by their names; then the others by their ids: a static member that restarts keeps its place. */
export const inOrder = (members: readonly Subscriber[]): readonly Subscriber[] =>
  members.toSorted((a, b) => {
    if (a.instanceId !== null && b.instanceId !== null) return before(a.instanceId, b.instanceId)
    if (a.instanceId !== null) return -1
    if (b.instanceId !== null) return 1
    return before(a.memberId, b.memberId)
  })

/** Topics in the order of their names. */
export const topicsInOrder = (counts: PartitionCounts): readonly (readonly [string, number])[] =>
  [...counts].toSorted(([a], [b]) => before(a, b))

/** Shares that grow. */
export class SharesBuilder {
  readonly #shares: Map<string, Map<string, number[]>>

  constructor(members: readonly Subscriber[]) {
    this.#shares = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  }

  give(memberId: string, topic: string, partition: number): void {
    const share = this.#shares.get(memberId)
    const partitions = share?.get(topic)
    if (partitions === undefined) share?.set(topic, [partition])
    else partitions.push(partition)
  }

  build(): Shares {
    for (const share of this.#shares.values()) {
      for (const partitions of share.values()) partitions.sort((a, b) => a - b)
    }
    return this.#shares
  }
}
