/**
 * Produce (key 0, v3-v13): appends record batches to partitions.
 *
 * - v3 brings the transactional id and batch format 2; v7 allows zstd (KIP-110); v8 names the records that were refused
 *   (KIP-467); v9 is the first flexible version; v10 tells the current leader (KIP-951); v13 names topics by id (KIP-516).
 * - v0-v2 must still be advertised by brokers (older librdkafka turns compression off otherwise), but are refused.
 * - With acks 0 there is no response at all.
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
  records,
  since,
  string,
  struct,
  tagged,
  uuid,
} from '../codec/shapes.ts'

export const Produce = message({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleSince: 9,
  request: struct({
    transactionalId: since(3, nullable(string), null),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: between(0, 12, string),
        topicId: since(13, uuid),
        partitionData: array(struct({ index: int32, records })),
      }),
    ),
  }),
  response: struct({
    responses: array(
      struct({
        name: between(0, 12, string),
        topicId: since(13, uuid),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: since(2, int64, -1n),
            logStartOffset: since(5, int64, -1n),
            recordErrors: since(
              8,
              array(struct({ batchIndex: int32, batchIndexErrorMessage: optional(nullable(string), null) })),
            ),
            errorMessage: since(8, nullable(string), null),
            currentLeader: tagged(
              0,
              10,
              struct({ leaderId: optional(int32, -1), leaderEpoch: optional(int32, -1) }),
            ),
          }),
        ),
      }),
    ),
    throttleTimeMs: since(1, int32, 0),
    nodeEndpoints: tagged(
      0,
      10,
      array(struct({ nodeId: int32, host: string, port: int32, rack: optional(nullable(string), null) })),
    ),
  }),
})
