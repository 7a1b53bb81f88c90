/**
 * DescribeGroups (key 15, v0-v6): state and members of classic groups.
 *
 * - v3 can tell allowed operations (KIP-430); v4 static members (KIP-345); v5 is the first flexible version; v6 answers
 *   GROUP_ID_NOT_FOUND for unknown groups instead of a dead group (KIP-1043).
 */
import { message } from '../codec/message.ts'
import { array, bool, bytes, int16, int32, nullable, since, string, struct } from '../codec/shapes.ts'
import { operationsNotAsked } from './03-metadata.ts'

export const DescribeGroups = message({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleSince: 5,
  request: struct({ groups: array(string), includeAuthorizedOperations: since(3, bool) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: since(6, nullable(string), null),
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string,
        members: array(
          struct({
            memberId: string,
            groupInstanceId: since(4, nullable(string), null),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: since(3, int32, operationsNotAsked),
      }),
    ),
  }),
})
