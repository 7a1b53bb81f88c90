/**
 * OffsetFetch (key 9, v1-v10): tells how far a group has read.
 *
 * - From v2 null topics means all that are committed; v6 is the first flexible version; v7 can insist on stable offsets
 *   (KIP-447); v8 asks for several groups at once (KIP-709), in lists of its own; v9 names the member (KIP-848); v10 names
 *   topics by id.
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  bool,
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

export const OffsetFetch = message({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleSince: 6,
  request: struct({
    groupId: between(0, 7, string),
    topics: between(0, 7, nullable(array(struct({ name: string, partitionIndexes: array(int32) })), 2)),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          memberId: since(9, nullable(string), null),
          memberEpoch: since(9, int32, -1),
          topics: nullable(
            array(
              struct({
                name: between(8, 9, string),
                topicId: since(10, uuid),
                partitionIndexes: array(int32),
              }),
            ),
          ),
        }),
      ),
    ),
    requireStable: since(7, bool, false),
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: between(
      0,
      7,
      array(
        struct({
          name: string,
          partitions: array(
            struct({
              partitionIndex: int32,
              committedOffset: int64,
              committedLeaderEpoch: since(5, int32, -1),
              metadata: nullable(string),
              errorCode: int16,
            }),
          ),
        }),
      ),
    ),
    errorCode: between(2, 7, int16, 0),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          topics: array(
            struct({
              name: between(8, 9, string),
              topicId: since(10, uuid),
              partitions: array(
                struct({
                  partitionIndex: int32,
                  committedOffset: int64,
                  committedLeaderEpoch: optional(int32, -1),
                  metadata: nullable(string),
                  errorCode: int16,
                }),
              ),
            }),
          ),
          errorCode: optional(int16, 0),
        }),
      ),
    ),
  }),
})
