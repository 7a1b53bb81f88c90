/**
 * ListTransactions (key 66, v0-v2): the transactions that a broker coordinates (KIP-664).
 *
 * - All versions are flexible; v1 can ask for those that last long (KIP-994), v2 for ids by a pattern (KIP-1152).
 */
import { message } from '../codec/message.ts'
import { array, int16, int32, int64, nullable, optional, since, string, struct } from '../codec/shapes.ts'

export const ListTransactions = message({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleSince: 0,
  request: struct({
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: since(1, int64, -1n),
    transactionalIdPattern: since(2, nullable(string), null),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array(
      struct({ transactionalId: string, producerId: int64, transactionState: string }),
    ),
  }),
})
