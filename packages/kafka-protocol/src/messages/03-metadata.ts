/**
 * Metadata (key 3, v0-v13): brokers, topics, partitions and who leads them.
 *
 * - In v0 an empty list of topics means all; from v1 null means all and empty means none.
 * - v4 says whether topics may be created by asking; v7 adds leader epochs; v9 is the first flexible version; v10 and v12
 *   bring topic ids (KIP-516); cluster operations are there in v8-v10 only (KIP-700); v13 has an error of its own.
 */
import { message } from '../codec/message.ts'
import { array, between, bool, int16, int32, nullable, since, string, struct, uuid } from '../codec/shapes.ts'

/** Stands for "not asked for" in every bit field of allowed operations. */
export const operationsNotAsked = -0x8000_0000

const partition = struct({
  errorCode: int16,
  partitionIndex: int32,
  leaderId: int32,
  leaderEpoch: since(7, int32, -1),
  replicaNodes: array(int32),
  isrNodes: array(int32),
  offlineReplicas: since(5, array(int32)),
})

export const Metadata = message({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: struct({
    topics: nullable(array(struct({ topicId: since(10, uuid), name: nullable(string, 10) })), 1),
    allowAutoTopicCreation: since(4, bool, true),
    includeClusterAuthorizedOperations: between(8, 10, bool, false),
    includeTopicAuthorizedOperations: since(8, bool, false),
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    brokers: array(
      struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullable(string, 1), null) }),
    ),
    clusterId: since(2, nullable(string, 2), null),
    controllerId: since(1, int32, -1),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string, 12),
        topicId: since(10, uuid),
        isInternal: since(1, bool, false),
        partitions: array(partition),
        topicAuthorizedOperations: since(8, int32, operationsNotAsked),
      }),
    ),
    clusterAuthorizedOperations: between(8, 10, int32, operationsNotAsked),
    errorCode: since(13, int16, 0),
  }),
})
