/**
 * What consumers put into the opaque bytes of JoinGroup (subscription) and SyncGroup (assignment), v0-v3.
 *
 * - Two bytes of version lead. A version above the table is read as the highest known one: later versions only append.
 * - v1 tells the partitions a member still holds (cooperative rebalancing, KIP-429); v2 its generation (KIP-792); v3 its rack
 *   (KIP-881).
 */
import { schema } from './codec/message.ts'
import { ProtocolError } from './codec/protocol-error.ts'
import { Reader } from './codec/reader.ts'
import type { InOf, OutOf } from './codec/shapes.ts'
import { array, bytes, int32, nullable, optional, since, string, struct } from './codec/shapes.ts'
import { Writer } from './codec/writer.ts'

const versions = [0, 3] as const

const topicPartitions = struct({ topic: string, partitions: array(int32) })

const subscriptionTable = struct({
  topics: array(string),
  userData: optional(nullable(bytes), null),
  ownedPartitions: since(1, array(topicPartitions)),
  generationId: since(2, int32, -1),
  rackId: since(3, nullable(string), null),
})

const assignmentTable = struct({
  assignedPartitions: array(topicPartitions),
  userData: optional(nullable(bytes), null),
})

export type Subscription = OutOf<typeof subscriptionTable>
export type SubscriptionInput = InOf<typeof subscriptionTable>
export type Assignment = OutOf<typeof assignmentTable>
export type AssignmentInput = InOf<typeof assignmentTable>

const subscriptions = schema('consumer subscription', { versions }, subscriptionTable)
const assignments = schema('consumer assignment', { versions }, assignmentTable)

const knownVersion = (reader: Reader): number => {
  const version = reader.int16()
  if (version < 0) throw new ProtocolError('version', `the consumer protocol has no version ${version}`)
  return Math.min(version, versions[1])
}

/** Reads a member's subscription. `userData` is a view of `metadata`. Throws ProtocolError. */
export const decodeSubscription = (metadata: Buffer): Subscription => {
  const reader = new Reader(metadata)
  return subscriptions.decode(knownVersion(reader), reader)
}

/** Writes a member's subscription. */
export const encodeSubscription = (
  subscription: SubscriptionInput,
  version: number = versions[1],
): Buffer => {
  const writer = new Writer()
  writer.int16(version)
  subscriptions.encode(version, subscription, writer)
  return writer.toBuffer()
}

/** Reads a member's assignment; empty bytes, which a member without partitions gets, are an empty one. Throws ProtocolError. */
export const decodeAssignment = (assignment: Buffer): Assignment => {
  if (assignment.length === 0) return { assignedPartitions: [], userData: null }
  const reader = new Reader(assignment)
  return assignments.decode(knownVersion(reader), reader)
}

/** Writes a member's assignment. */
export const encodeAssignment = (assignment: AssignmentInput, version: number = versions[1]): Buffer => {
  const writer = new Writer()
  writer.int16(version)
  assignments.encode(version, assignment, writer)
  return writer.toBuffer()
}
