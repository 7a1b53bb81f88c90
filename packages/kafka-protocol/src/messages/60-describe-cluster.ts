/**
 * DescribeCluster (key 60, v0-v2): brokers, controller and id of the cluster (KIP-700).
 *
 * - All versions are flexible; v1 can ask controllers (KIP-919); v2 shows fenced brokers (KIP-1073).
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
import { operationsNotAsked } from './03-metadata.ts'

export const DescribeCluster = message({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleSince: 0,
  request: struct({
    includeClusterAuthorizedOperations: bool,
    endpointType: since(1, int8, 1),
    includeFencedBrokers: since(2, bool),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: optional(int32, -1),
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: optional(nullable(string), null),
        isFenced: since(2, bool),
      }),
    ),
    clusterAuthorizedOperations: optional(int32, operationsNotAsked),
  }),
})
