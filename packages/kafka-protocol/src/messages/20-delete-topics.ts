/**
 * DeleteTopics (key 20, v1-v6): drops topics by name, from v6 also by id (KIP-516).
 *
 * - v4 is the first flexible version; v5 adds a reason to every error (KIP-599).
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../codec/shapes.ts'

export const DeleteTopics = message({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  request: struct({
    topics: since(6, array(struct({ name: optional(nullable(string), null), topicId: uuid }))),
    topicNames: between(0, 5, array(string)),
    timeoutMs: int32,
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(
      struct({
        name: nullable(string, 6),
        topicId: since(6, uuid),
        errorCode: int16,
        errorMessage: since(5, nullable(string), null),
      }),
    ),
  }),
})
