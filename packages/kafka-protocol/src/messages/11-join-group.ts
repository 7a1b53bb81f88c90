/**
 * JoinGroup (key 11, v0-v9): makes a consumer a member of a group and begins a generation.
 *
 * - v1 adds the rebalance timeout; from v4 a new member is first given its id and asked to come again (KIP-394); v5 adds
 *   static members (KIP-345); v6 is the first flexible version; v7 names the protocol in the answer (KIP-559); v8 adds a
 *   reason (KIP-800); v9 tells the leader of a static group to skip the assignment (KIP-814).
 */
import { message } from '../codec/message.ts'
import {
  array,
  bool,
  bytes,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  struct,
} from '../codec/shapes.ts'

export const JoinGroup = message({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: struct({
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    groupInstanceId: since(5, nullable(string), null),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: since(8, nullable(string), null),
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    errorCode: int16,
    generationId: optional(int32, -1),
    protocolType: since(7, nullable(string), null),
    protocolName: nullable(string, 7),
    leader: string,
    skipAssignment: since(9, bool, false),
    memberId: string,
    members: array(
      struct({ memberId: string, groupInstanceId: since(5, nullable(string), null), metadata: bytes }),
    ),
  }),
})
