/**
 * IncrementalAlterConfigs (key 44, v0-v1): sets, deletes, appends to or subtracts from single settings (KIP-339).
 *
 * - v1 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import { array, bool, int8, int16, int32, nullable, optional, string, struct } from '../codec/shapes.ts'

export const IncrementalAlterConfigs = message({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleSince: 1,
  request: struct({
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, configOperation: int8, value: nullable(string) })),
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
