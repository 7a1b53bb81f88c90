/**
 * LeaveGroup (key 13, v0-v5): takes members out of a group.
 *
 * - From v3 a list of members can leave at once (KIP-345); v4 is the first flexible version; v5 adds a reason (KIP-800).
 */
import { message } from '../codec/message.ts'
import { array, between, int16, int32, nullable, optional, since, string, struct } from '../codec/shapes.ts'

export const LeaveGroup = message({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: struct({
    groupId: string,
    memberId: between(0, 2, string),
    members: since(
      3,
      array(
        struct({
          memberId: string,
          groupInstanceId: optional(nullable(string), null),
          reason: since(5, nullable(string), null),
        }),
      ),
    ),
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    members: since(
      3,
      array(struct({ memberId: string, groupInstanceId: nullable(string), errorCode: int16 })),
    ),
  }),
})
