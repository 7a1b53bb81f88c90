/**
 * DescribeConfigs (key 32, v1-v4): settings of topics and brokers, with where each value comes from.
 *
 * - v3 can add type and documentation (KIP-569); v4 is the first flexible version.
 */
import { message } from '../codec/message.ts'
import {
  array,
  bool,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  struct,
} from '../codec/shapes.ts'

export const DescribeConfigs = message({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: struct({
    resources: array(
      struct({ resourceType: int8, resourceName: string, configurationKeys: nullable(array(string)) }),
    ),
    includeSynonyms: optional(bool, false),
    includeDocumentation: since(3, bool, false),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullable(string), null),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullable(string),
            readOnly: bool,
            configSource: optional(int8, -1),
            isSensitive: bool,
            synonyms: array(struct({ name: string, value: nullable(string), source: int8 })),
            configType: since(3, int8, 0),
            documentation: since(3, nullable(string)),
          }),
        ),
      }),
    ),
  }),
})
