/**
 * OffsetForLeaderEpoch (key 23, v2-v4): the end offset of a leader epoch, for finding where logs diverge (KIP-101, KIP-320).
 *
 * - v4 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, int64, optional, since, string, struct } from '../codec/shapes.ts'

export const OffsetForLeaderEpoch = message({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleSince: 4,
  request: struct({
    replicaId: since(3, int32, -2),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({ partition: int32, currentLeaderEpoch: optional(int32, -1), leaderEpoch: int32 }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            errorCode: int16,
            partition: int32,
            leaderEpoch: optional(int32, -1),
            endOffset: optional(int64, -1n),
          }),
        ),
      }),
    ),
  }),
})
