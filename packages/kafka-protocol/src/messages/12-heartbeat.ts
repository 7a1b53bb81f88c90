/**
 * Heartbeat (key 12, v0-v4): tells the coordinator that a member lives.
 *
 * - v3 adds static members (KIP-345); v4 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { int16, int32, nullable, since, string, struct } from '../codec/shapes.ts'

export const Heartbeat = message({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
  }),
  response: struct({ throttleTimeMs: since(1, int32, 0), errorCode: int16 }),
})
