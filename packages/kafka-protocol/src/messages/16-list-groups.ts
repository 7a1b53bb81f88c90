/**
 * ListGroups (key 16, v0-v5): the groups this broker coordinates.
 *
 * - v3 is the first flexible version; v4 filters by state (KIP-518); v5 by type (KIP-848).
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, since, string, struct } from '../codec/shapes.ts'

export const ListGroups = message({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: struct({ statesFilter: since(4, array(string)), typesFilter: since(5, array(string)) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: since(4, string),
        groupType: since(5, string),
      }),
    ),
  }),
})
