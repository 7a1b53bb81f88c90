/** What the leader of a group does: reads what every member said, shares the partitions out, writes each its part. */
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  ProtocolError,
  type Subscription,
} from 'sluice-kafka-protocol'
import type { Assignor, PartitionCounts, Subscriber } from './assignors/assignor.ts'
import { entriesOf, type Partitions, partitionsOf } from './partitions.ts'

export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

export interface OwnSubscription {
  readonly topics: readonly string[]
  readonly owned: Partitions
  readonly generation: number
  readonly rackId: string | null
}

/** What a member says of itself to whichever member leads. */
export const subscriptionBytes = (own: OwnSubscription, assignor: Assignor): Buffer =>
  encodeSubscription({
    topics: [...own.topics],
    userData: assignor.userData(own.owned, own.generation),
    // Who gives everything back before a rebalance owns nothing in it.
    ownedPartitions: assignor.rebalance === 'cooperative' ? entriesOf(own.owned) : [],
    generationId: own.generation,
    rackId: own.rackId,
  })

const nothing: Subscription = {
  topics: [],
  userData: null,
  ownedPartitions: [],
  generationId: -1,
  rackId: null,
}

/** A member whose bytes mean nothing gets no partitions, and keeps nobody else from theirs. */
const readSubscription = (metadata: Buffer): Subscription => {
  try {
    return decodeSubscription(metadata)
  } catch (error) {
    if (error instanceof ProtocolError) return nothing
    throw error
  }
}

export const subscriberOf = (member: JoinedMember, assignor: Assignor): Subscriber => {
  const { topics, userData, ownedPartitions, generationId } = readSubscription(member.metadata)
  return assignor.withUserData(
    {
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      topics,
      owned: partitionsOf(ownedPartitions),
      generation: generationId,
    },
    userData,
  )
}

export const topicsOf = (members: readonly Subscriber[]): readonly string[] => [
  ...new Set(members.flatMap(({ topics }) => topics)),
]

export const assignmentBytes = (
  members: readonly Subscriber[],
  counts: PartitionCounts,
  assignor: Assignor,
): { memberId: string; assignment: Buffer }[] =>
  Array.from(assignor.assign(members, counts), ([memberId, share]) => ({
    memberId,
    assignment: encodeAssignment({ assignedPartitions: entriesOf(share) }),
  }))
