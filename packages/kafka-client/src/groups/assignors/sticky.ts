/**
 * `sticky` (KIP-54): even over all topics, and whoever had a partition keeps it where that is even. Everything is given
 * back before each rebalance, so what a member had goes along as user data, in the form that Java's StickyAssignor reads.
 */
import {
  array,
  int32,
  ProtocolError,
  Reader,
  schema,
  since,
  string,
  struct,
  Writer,
} from 'sluice-kafka-protocol'
import type { Assignor, Subscriber } from './assignor.ts'
import { balance } from './balance.ts'

/** Has no version in its bytes: v0 simply ends before the generation. */
const userData = schema(
  'sticky user data',
  { versions: [0, 1] },
  struct({
    previousAssignment: array(struct({ topic: string, partitions: array(int32) })),
    generation: since(1, int32, -1),
  }),
)

const read = (bytes: Buffer): Pick<Subscriber, 'owned' | 'generation'> | null => {
  for (const version of [1, 0]) {
    try {
      const { previousAssignment, generation } = userData.decode(version, new Reader(bytes))
      return {
        owned: new Map(previousAssignment.map(({ topic, partitions }) => [topic, partitions])),
        generation,
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  return null
}

export const stickyAssignor: Assignor = {
  name: 'sticky',
  rebalance: 'eager',
  assign: (members, counts) => balance(members, counts).shares,
  userData: (owned, generation) => {
    if (owned.size === 0) return null
    const writer = new Writer()
    const previousAssignment = Array.from(owned, ([topic, partitions]) => ({ topic, partitions }))
    userData.encode(1, { previousAssignment, generation }, writer)
    return writer.toBuffer()
  },
  withUserData: (member, bytes) => ({ ...member, ...(bytes === null ? null : read(bytes)) }),
}
