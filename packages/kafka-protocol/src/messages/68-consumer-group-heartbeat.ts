/**
 * ConsumerGroupHeartbeat (key 68, v0-v1): joins, stays in and leaves a group of the new protocol (KIP-848).
 *
 * - All versions are flexible. What did not change since the last beat is null (or -1); an assignment that is null has not
 *   changed either.
 * - v1 can subscribe by a pattern, and asks members to make their ids themselves (KIP-1082).
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, nullable, optional, since, string, struct, uuid } from '../codec/shapes.ts'

const topicPartitions = array(struct({ topicId: uuid, partitions: array(int32) }))

export const ConsumerGroupHeartbeat = message({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleSince: 0,
  request: struct({
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: optional(nullable(string), null),
    rackId: optional(nullable(string), null),
    rebalanceTimeoutMs: optional(int32, -1),
    subscribedTopicNames: optional(nullable(array(string)), null),
    subscribedTopicRegex: since(1, nullable(string), null),
    serverAssignor: optional(nullable(string), null),
    topicPartitions: optional(nullable(topicPartitions), null),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    memberId: optional(nullable(string), null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: optional(nullable(struct({ topicPartitions })), null),
  }),
})
