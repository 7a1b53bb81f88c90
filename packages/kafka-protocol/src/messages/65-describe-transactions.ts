/** DescribeTransactions (key 65, v0, flexible): the state of transactions by their ids, asked of their coordinator (KIP-664). */
import { message } from '../codec/message.ts'
import { array, int16, int32, int64, optional, string, struct } from '../codec/shapes.ts'

export const DescribeTransactions = message({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleSince: 0,
  request: struct({ transactionalIds: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: string,
        transactionTimeoutMs: int32,
        transactionStartTimeMs: int64,
        producerId: int64,
        producerEpoch: int16,
        topics: array(struct({ topic: string, partitions: array(int32) })),
      }),
    ),
  }),
})
