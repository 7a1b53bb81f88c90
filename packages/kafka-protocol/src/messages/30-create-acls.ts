/**
 * CreateAcls (key 30, v1-v3): adds access rules.
 *
 * - Answers rule by rule, in the order they were asked for; v2 is the first flexible version; v3 knows users as resources
 *   (KIP-373).
 */
import { message } from '../codec/message.ts'
import { array, int8, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const CreateAcls = message({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: struct({
    creations: array(
      struct({
        resourceType: int8,
        resourceName: string,
        resourcePatternType: optional(int8, 3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ errorCode: int16, errorMessage: optional(nullable(string), null) })),
  }),
})
