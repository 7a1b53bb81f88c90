/**
 * OffsetCommit (key 8, v2-v10): keeps how far a group has read.
 *
 * - v2-v4 may say how long to keep it; v6 adds leader epochs; v7 static members (KIP-345); v8 is the first flexible version;
 *   v9 is for members of the new group protocol (KIP-848); v10 names topics by id.
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../codec/shapes.ts'

export const OffsetCommit = message({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleSince: 8,
  request: struct({
    groupId: string,
    generationIdOrMemberEpoch: optional(int32, -1),
    memberId: string,
    groupInstanceId: since(7, nullable(string), null),
    retentionTimeMs: between(2, 4, int64, -1n),
    topics: array(
      struct({
        name: between(0, 9, string),
        topicId: since(10, uuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(6, int32, -1),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: array(
      struct({
        name: between(0, 9, string),
        topicId: since(10, uuid),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  }),
})
