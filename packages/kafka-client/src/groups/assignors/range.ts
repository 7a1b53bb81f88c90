/** `range`: of each topic, every member gets a stretch of neighbouring partitions, as Java's RangeAssignor gives them. */
import { type Assignor, inOrder, SharesBuilder, topicsInOrder } from './assignor.ts'

export const rangeAssignor: Assignor = {
  name: 'range',
  rebalance: 'eager',
  assign: (members, counts) => {
    const shares = new SharesBuilder(members)
    const ordered = inOrder(members)
    for (const [topic, partitions] of topicsInOrder(counts)) {
      const subscribers = ordered.filter((member) => member.topics.includes(topic))
      const each = Math.floor(partitions / subscribers.length)
      const extras = partitions % subscribers.length
      for (const [index, { memberId }] of subscribers.entries()) {
        const first = index * each + Math.min(index, extras)
        const count = each + (index < extras ? 1 : 0)
        for (let partition = first; partition < first + count; partition++) {
          shares.give(memberId, topic, partition)
        }
      }
    }
    return shares.build()
  },
  userData: () => null,
  withUserData: (member) => member,
}
