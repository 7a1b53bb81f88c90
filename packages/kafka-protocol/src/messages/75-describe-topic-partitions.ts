/**
 * DescribeTopicPartitions (key 75, v0): topics with their partitions, page by page (KIP-966).
 *
 * - Flexible. The answer carries a cursor where the next page begins.
 */
import { message } from '../codec/message.ts'
import { array, bool, int16, int32, nullable, optional, string, struct, uuid } from '../codec/shapes.ts'
import { operationsNotAsked } from './03-metadata.ts'

export const DescribeTopicPartitions = message({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleSince: 0,
  request: struct({
    topics: array(struct({ name: string })),
    responsePartitionLimit: optional(int32, 2000),
    cursor: optional(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string),
        topicId: uuid,
        isInternal: optional(bool, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: optional(int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: optional(nullable(array(int32)), null),
            lastKnownElr: optional(nullable(array(int32)), null),
            offlineReplicas: array(int32),
          }),
        ),
        topicAuthorizedOperations: optional(int32, operationsNotAsked),
      }),
    ),
    nextCursor: optional(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  }),
})
