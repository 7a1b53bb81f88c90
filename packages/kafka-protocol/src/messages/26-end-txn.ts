/**
 * EndTxn (key 26, v0-v5): commits or aborts a transaction.
 *
 * - v3 is the first flexible version; from v5 every transaction has an epoch of its own, and the answer tells the next
 *   (KIP-890).
 */
import { message } from '../codec/message.ts'
import { bool, int16, int32, int64, optional, since, string, struct } from '../codec/shapes.ts'

export const EndTxn = message({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, committed: bool }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    producerId: since(5, int64, -1n),
    producerEpoch: since(5, int16, -1),
  }),
})
