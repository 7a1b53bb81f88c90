/**
 * CreatePartitions (key 37, v0-v3): raises the partition count of topics (KIP-195).
 *
 * - v2 is the first flexible version; v3 is there for quotas (KIP-599).
 */
import { message } from '../codec/message.ts'
import { array, bool, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const CreatePartitions = message({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: struct({
    topics: array(
      struct({
        name: string,
        count: int32,
        assignments: nullable(array(struct({ brokerIds: array(int32) }))),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(
      struct({ name: string, errorCode: int16, errorMessage: optional(nullable(string), null) }),
    ),
  }),
})
