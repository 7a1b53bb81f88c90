/** `roundrobin`: partitions of all topics are dealt in turn, as Java's RoundRobinAssignor deals them. */
import { type Assignor, inOrder, SharesBuilder, topicsInOrder } from './assignor.ts'

export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  rebalance: 'eager',
  assign: (members, counts) => {
    const shares = new SharesBuilder(members)
    const ordered = inOrder(members)
    const subscriptions = ordered.map(({ topics }) => new Set(topics))
    let turn = 0
    for (const [topic, partitions] of topicsInOrder(counts)) {
      if (!subscriptions.some((topics) => topics.has(topic))) continue
      for (let partition = 0; partition < partitions; partition++) {
        while (subscriptions[turn % ordered.length]?.has(topic) !== true) turn++
        const member = ordered[turn % ordered.length]
        if (member !== undefined) shares.give(member.memberId, topic, partition)
        turn++
      }
    }
    return shares.build()
  },
  userData: () => null,
  withUserData: (member) => member,
}
