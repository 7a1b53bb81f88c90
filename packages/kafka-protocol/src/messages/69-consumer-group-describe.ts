/**
 * ConsumerGroupDescribe (key 69, v0-v1): members of groups of the new protocol, with what they have and shall have (KIP-848).
 *
 * - All versions are flexible; v1 tells which members still speak the classic protocol (KIP-1099).
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
  uuid,
} from '../codec/shapes.ts'
import { operationsNotAsked } from './03-metadata.ts'

const assignment = struct({
  topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })),
})

export const ConsumerGroupDescribe = message({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleSince: 0,
  request: struct({ groupIds: array(string), includeAuthorizedOperations: bool }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullable(string), null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        assignorName: string,
        members: array(
          struct({
            memberId: string,
            instanceId: optional(nullable(string), null),
            rackId: optional(nullable(string), null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            subscribedTopicRegex: optional(nullable(string), null),
            assignment,
            targetAssignment: assignment,
            memberType: since(1, int8, -1),
          }),
        ),
        authorizedOperations: optional(int32, operationsNotAsked),
      }),
    ),
  }),
})
