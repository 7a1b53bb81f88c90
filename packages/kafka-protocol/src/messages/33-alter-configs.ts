/**
 * AlterConfigs (key 33, v0-v2): replaces all settings of a resource: what is not named goes back to its default.
 *
 * - Replaced by IncrementalAlterConfigs (KIP-339), yet still sent by older tools. v2 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { array, bool, int8, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const AlterConfigs = message({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: struct({
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, value: nullable(string) })),
      }),
    ),
    validateOnly: bool,
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullable(string), null),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  }),
})
