/**
 * ListOffsets (key 2, v1-v11): finds the offset of a time, or the first or last offset of a partition.
 *
 * - Times below zero have meanings: see `listOffsetsTimestamp`.
 * - v2 brings isolation levels; v4 leader epochs; v6 is the first flexible version; v7 asks for the largest timestamp
 *   (KIP-734); v8 for the first local offset (KIP-405); v9 for the last tiered one (KIP-1005); v10 has a timeout (KIP-1075);
 *   v11 asks for the first offset that waits to be tiered (KIP-1023).
 */
import { message } from '../codec/message.ts'
import { array, int8, int16, int32, int64, since, string, struct } from '../codec/shapes.ts'

/** What a negative timestamp asks for. */
export const listOffsetsTimestamp = {
  latest: -1n,
  earliest: -2n,
  /** The record with the largest timestamp, from v7. */
  maxTimestamp: -3n,
  /** The first offset kept locally, from v8. */
  earliestLocal: -4n,
  /** The last offset in tiered storage, from v9. */
  latestTiered: -5n,
  /** The first offset that is not in tiered storage yet, from v11. */
  earliestPendingUpload: -6n,
} as const

export const ListOffsets = message({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleSince: 6,
  request: struct({
    replicaId: int32,
    isolationLevel: since(2, int8, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({ partitionIndex: int32, currentLeaderEpoch: since(4, int32, -1), timestamp: int64 }),
        ),
      }),
    ),
    timeoutMs: since(10, int32, 0),
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            timestamp: since(1, int64, -1n),
            offset: since(1, int64, -1n),
            leaderEpoch: since(4, int32, -1),
          }),
        ),
      }),
    ),
  }),
})
