/**
 * TxnOffsetCommit (key 28, v0-v5): commits offsets of a group as a part of a transaction.
 *
 * - v3 names the member and its generation, and is the first flexible version; v5 adds the group to the transaction by
 *   itself, so that AddOffsetsToTxn is not needed (KIP-890).
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, int64, nullable, optional, since, string, struct } from '../codec/shapes.ts'

export const TxnOffsetCommit = message({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleSince: 3,
  request: struct({
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: since(3, int32, -1),
    memberId: since(3, string),
    groupInstanceId: since(3, nullable(string), null),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(2, int32, -1),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }),
    ),
  }),
})
