/**
 * FindCoordinator (key 10, v0-v6): tells which broker keeps a group or a transactional id.
 *
 * - v1 adds the kind of key (0 group, 1 transaction, 2 share); v3 is the first flexible version; v4 asks for several keys at
 *   once (KIP-699), in lists of its own; v6 knows share groups (KIP-932).
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  struct,
} from '../codec/shapes.ts'

export const FindCoordinator = message({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleSince: 3,
  request: struct({
    key: between(0, 3, string),
    keyType: since(1, int8, 0),
    coordinatorKeys: since(4, array(string)),
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: between(0, 3, int16),
    errorMessage: between(1, 3, nullable(string), null),
    nodeId: between(0, 3, int32),
    host: between(0, 3, string),
    port: between(0, 3, int32),
    coordinators: since(
      4,
      array(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode: int16,
          errorMessage: optional(nullable(string), null),
        }),
      ),
    ),
  }),
})
