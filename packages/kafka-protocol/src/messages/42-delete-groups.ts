/**
 * DeleteGroups (key 42, v0-v2): drops empty groups and their offsets (KIP-229).
 *
 * - v2 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, optional, string, struct } from '../codec/shapes.ts'

export const DeleteGroups = message({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleSince: 2,
  request: struct({ groupsNames: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ groupId: string, errorCode: int16 })),
  }),
})
