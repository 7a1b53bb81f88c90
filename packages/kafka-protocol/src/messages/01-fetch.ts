/**
 * Fetch (key 1, v4-v18): reads record batches from partitions, waiting for a minimum of bytes.
 *
 * - v4 brings isolation levels; v7 fetch sessions (KIP-227); v9 leader epochs (KIP-320); v10 zstd; v11 the rack of the
 *   reader (KIP-392); v12 is the first flexible version and reports diverging epochs (KIP-595); v13 names topics by id
 *   (KIP-516); v15 moves the replica id into a tagged field (KIP-903); v16 names other leaders (KIP-951); v17 carries
 *   directory ids of followers (KIP-853); v18 the high watermark that a follower knows (KIP-1166).
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  uuid,
} from '../codec/shapes.ts'

const partitionRequest = struct({
  partition: int32,
  currentLeaderEpoch: since(9, int32, -1),
  fetchOffset: int64,
  lastFetchedEpoch: since(12, int32, -1),
  logStartOffset: since(5, int64, -1n),
  partitionMaxBytes: int32,
  replicaDirectoryId: tagged(0, 17, uuid),
  highWatermark: tagged(1, 18, int64, 2n ** 63n - 1n),
})

const partitionResponse = struct({
  partitionIndex: int32,
  errorCode: int16,
  highWatermark: int64,
  lastStableOffset: since(4, int64, -1n),
  logStartOffset: since(5, int64, -1n),
  divergingEpoch: tagged(0, 12, struct({ epoch: optional(int32, -1), endOffset: optional(int64, -1n) })),
  currentLeader: tagged(1, 12, struct({ leaderId: optional(int32, -1), leaderEpoch: optional(int32, -1) })),
  snapshotId: tagged(2, 12, struct({ endOffset: optional(int64, -1n), epoch: optional(int32, -1) })),
  abortedTransactions: since(4, nullable(array(struct({ producerId: int64, firstOffset: int64 }))), null),
  preferredReadReplica: since(11, int32, -1),
  records,
})

export const Fetch = message({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleSince: 12,
  request: struct({
    clusterId: tagged(0, 12, nullable(string), null),
    replicaId: between(0, 14, int32, -1),
    replicaState: tagged(
      1,
      15,
      struct({ replicaId: optional(int32, -1), replicaEpoch: optional(int64, -1n) }),
    ),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: since(3, int32, 0x7fff_ffff),
    isolationLevel: since(4, int8, 0),
    sessionId: since(7, int32, 0),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        topic: between(0, 12, string),
        topicId: since(13, uuid),
        partitions: array(partitionRequest),
      }),
    ),
    forgottenTopicsData: since(
      7,
      array(struct({ topic: between(7, 12, string), topicId: since(13, uuid), partitions: array(int32) })),
    ),
    rackId: since(11, string, ''),
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: since(7, int16, 0),
    sessionId: since(7, int32, 0),
    responses: array(
      struct({
        topic: between(0, 12, string),
        topicId: since(13, uuid),
        partitions: array(partitionResponse),
      }),
    ),
    nodeEndpoints: tagged(
      0,
      16,
      array(struct({ nodeId: int32, host: string, port: int32, rack: optional(nullable(string), null) })),
    ),
  }),
})
