/**
 * CreateTopics (key 19, v2-v7): makes topics.
 *
 * - From v4, -1 for partitions or replicas means the broker's default (KIP-464); v5 is the first flexible version and
 *   answers with the settings the topic got (KIP-525); v7 answers with the topic id (KIP-516).
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
  tagged,
  uuid,
} from '../codec/shapes.ts'

export const CreateTopics = message({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: struct({
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: optional(array(struct({ partitionIndex: int32, brokerIds: array(int32) }))),
        configs: optional(array(struct({ name: string, value: nullable(string) }))),
      }),
    ),
    timeoutMs: optional(int32, 60_000),
    validateOnly: since(1, bool, false),
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    topics: array(
      struct({
        name: string,
        topicId: since(7, uuid),
        errorCode: int16,
        errorMessage: since(1, nullable(string), null),
        topicConfigErrorCode: tagged(0, 5, int16, 0),
        numPartitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(
          5,
          nullable(
            array(
              struct({
                name: string,
                value: nullable(string),
                readOnly: bool,
                configSource: optional(int8, -1),
                isSensitive: bool,
              }),
            ),
            5,
          ),
        ),
      }),
    ),
  }),
})
