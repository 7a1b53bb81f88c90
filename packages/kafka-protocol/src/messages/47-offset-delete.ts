/**
 * OffsetDelete (key 47, v0): drops committed offsets of topics that a group does not read (KIP-496).
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, optional, string, struct } from '../codec/shapes.ts'

export const OffsetDelete = message({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: struct({
    groupId: string,
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32 })) })),
  }),
  response: struct({
    errorCode: int16,
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }),
    ),
  }),
})
