/**
 * DescribeAcls (key 29, v1-v3): lists the access rules that a filter matches.
 *
 * - v2 is the first flexible version; v3 knows users as resources (KIP-373). Null in a filter matches everything.
 */
import { message } from '../codec/message.ts'
import { array, int8, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const DescribeAcls = message({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: struct({
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    patternTypeFilter: optional(int8, 3),
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    permissionType: int8,
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        patternType: optional(int8, 3),
        acls: array(struct({ principal: string, host: string, operation: int8, permissionType: int8 })),
      }),
    ),
  }),
})
