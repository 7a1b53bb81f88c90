/**
 * SyncGroup (key 14, v0-v5): the leader hands in the assignment, every member gets its part.
 *
 * - v3 adds static members (KIP-345); v4 is the first flexible version; v5 names the protocol both ways (KIP-559).
 */
import { message } from '../codec/message.ts'
import { array, bytes, int16, int32, nullable, since, string, struct } from '../codec/shapes.ts'

export const SyncGroup = message({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignments: array(struct({ memberId: string, assignment: bytes })),
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignment: bytes,
  }),
})
