/**
 * `cooperative-sticky` (KIP-429): shares as `sticky` gives them, in two rebalances. A partition that moves is first
 * withheld from everybody; its holder gives it back and joins again, and only then does it go to whom it is meant for.
 * So members go on with what stays theirs.
 */
import { int32, ProtocolError, Reader, schema, struct, Writer } from 'sluice-kafka-protocol'
import type { Assignor, Shares } from './assignor.ts'
import { type Balanced, balance } from './balance.ts'

const userData = schema('cooperative sticky user data', { versions: [0, 0] }, struct({ generation: int32 }))

const withoutMoved = ({ shares, moved }: Balanced): Shares => {
  const withheld = new Set(moved.map(({ topic, partition }) => `${partition} ${topic}`))
  return new Map(
    Array.from(shares, ([memberId, share]) => [
      memberId,
      new Map(
        Array.from(share, ([topic, partitions]): [string, number[]] => [
          topic,
          partitions.filter((partition) => !withheld.has(`${partition} ${topic}`)),
        ]).filter(([, partitions]) => partitions.length > 0),
      ),
    ]),
  )
}

export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  rebalance: 'cooperative',
  assign: (members, counts) => withoutMoved(balance(members, counts)),
  userData: (_, generation) => {
    const writer = new Writer()
    userData.encode(0, { generation }, writer)
    return writer.toBuffer()
  },
  // Later subscriptions tell the generation themselves.
  withUserData: (member, bytes) => {
    if (bytes === null || member.generation >= 0) return member
    try {
      return { ...member, generation: userData.decode(0, new Reader(bytes)).generation }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return member
    }
  },
}
