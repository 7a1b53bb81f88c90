/**
 * DeleteRecords (key 21, v0-v2): moves the first offset of partitions forward (KIP-107).
 *
 * - Offset -1 means the high watermark. v2 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, int64, optional, string, struct } from '../codec/shapes.ts'

export const DeleteRecords = message({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleSince: 2,
  request: struct({
    topics: array(
      struct({ name: string, partitions: array(struct({ partitionIndex: int32, offset: int64 })) }),
    ),
    timeoutMs: int32,
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })),
      }),
    ),
  }),
})
