/**
 * AddOffsetsToTxn (key 25, v0-v4): tells the coordinator that a transaction commits offsets of a group.
 *
 * - v3 is the first flexible version; v4 may answer TRANSACTION_ABORTABLE (KIP-890).
 */
import { message } from '../codec/message.ts'
import { int16, int32, int64, optional, string, struct } from '../codec/shapes.ts'

export const AddOffsetsToTxn = message({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleSince: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string }),
  response: struct({ throttleTimeMs: optional(int32, 0), errorCode: int16 }),
})
