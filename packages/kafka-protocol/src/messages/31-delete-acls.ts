/**
 * DeleteAcls (key 31, v1-v3): removes the access rules that filters match, and tells which they were.
 *
 * - Answers filter by filter, in the order they were asked for; v2 is the first flexible version; v3 knows users as
 *   resources (KIP-373).
 */
import { message } from '../codec/message.ts'
import { array, int8, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const DeleteAcls = message({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: struct({
    filters: array(
      struct({
        resourceTypeFilter: int8,
        resourceNameFilter: nullable(string),
        patternTypeFilter: optional(int8, 3),
        principalFilter: nullable(string),
        hostFilter: nullable(string),
        operation: int8,
        permissionType: int8,
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    filterResults: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullable(string), null),
        matchingAcls: array(
          struct({
            errorCode: int16,
            errorMessage: optional(nullable(string), null),
            resourceType: int8,
            resourceName: string,
            patternType: optional(int8, 3),
            principal: string,
            host: string,
            operation: int8,
            permissionType: int8,
          }),
        ),
      }),
    ),
  }),
})
