/**
 * How the leader of a group shares partitions out: evenly, and with as little moving as that allows.
 *
 * Pure. A topic's partitions go only to members that subscribed to it; nobody gets two more of a topic than another.
 */

export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
  /** What it had before this rebalance; a wish, not a right. */
  readonly owned: ReadonlyMap<string, readonly number[]>
}

/** Partitions by topic, for each member. */
export type Shares = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>

/** Each member keeps what it had up to its quota; what is left goes to those below theirs, lowest partition first. */
const shareOut = (
  members: readonly Subscriber[],
  topic: string,
  partitions: number,
): Map<string, number[]> => {
  const floor = Math.floor(partitions / members.length)
  let extras = partitions % members.length
  const shares = new Map(members.map(({ memberId }): [string, number[]] => [memberId, []]))
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition))
  for (const member of members) {
    const share = shares.get(member.memberId) ?? []
    for (const partition of member.owned.get(topic) ?? []) {
      if (!free.has(partition)) continue
      if (share.length === floor && extras === 0) break
      if (share.length > floor) break
      if (share.length === floor) extras--
      share.push(partition)
      free.delete(partition)
    }
  }
  const rest = [...free]
  for (const member of members) {
    const share = shares.get(member.memberId) ?? []
    while (share.length < floor && rest.length > 0) share.push(...rest.splice(0, 1))
  }
  for (const member of members) {
    const share = shares.get(member.memberId) ?? []
    if (share.length === floor && rest.length > 0) share.push(...rest.splice(0, 1))
    share.sort((a, b) => a - b)
  }
  return shares
}

/** Equal input gives equal shares, whatever the order of the members. */
export const assignPartitions = (
  members: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Shares => {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const shares = new Map(sorted.map(({ memberId }) => [memberId, new Map<string, readonly number[]>()]))
  for (const [topic, partitions] of [...partitionCounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const subscribers = sorted.filter((member) => member.topics.includes(topic))
    if (subscribers.length === 0) continue
    for (const [memberId, share] of shareOut(subscribers, topic, partitions)) {
      if (share.length > 0) shares.get(memberId)?.set(topic, share)
    }
  }
  return shares
}
