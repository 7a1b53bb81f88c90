/**
 * AddPartitionsToTxn (key 24, v0-v5): tells the coordinator which partitions a transaction writes to.
 *
 * - Producers speak v0 to v3, with one transaction at the top; v3 is the first flexible version.
 * - v4 and v5 belong to brokers: several transactions at once, or only the question whether partitions are in one (KIP-890).
 */
import { message } from '../codec/message.ts'
import {
  array,
  between,
  bool,
  int16,
  int32,
  int64,
  optional,
  since,
  string,
  struct,
} from '../codec/shapes.ts'

const topic = struct({ name: string, partitions: array(int32) })

const topicResult = struct({
  name: string,
  resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 })),
})

export const AddPartitionsToTxn = message({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: struct({
    transactions: since(
      4,
      array(
        struct({
          transactionalId: string,
          producerId: int64,
          producerEpoch: int16,
          verifyOnly: optional(bool, false),
          topics: array(topic),
        }),
      ),
    ),
    v3AndBelowTransactionalId: between(0, 3, string),
    v3AndBelowProducerId: between(0, 3, int64),
    v3AndBelowProducerEpoch: between(0, 3, int16),
    v3AndBelowTopics: between(0, 3, array(topic)),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(4, int16, 0),
    resultsByTransaction: since(
      4,
      array(struct({ transactionalId: string, topicResults: array(topicResult) })),
    ),
    resultsByTopicV3AndBelow: between(0, 3, array(topicResult)),
  }),
})
