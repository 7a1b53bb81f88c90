/**
 * InitProducerId (key 22, v0-v5): gives a producer its id and epoch.
 *
 * - v2 is the first flexible version; from v3 a producer can ask for the next epoch of the id it has (KIP-360); v5 belongs to
 *   transactions of KIP-890.
 */
import { message } from '../codec/message.ts'
import { int16, int32, int64, nullable, optional, since, string, struct } from '../codec/shapes.ts'

export const InitProducerId = message({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleSince: 2,
  request: struct({
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    producerId: since(3, int64, -1n),
    producerEpoch: since(3, int16, -1),
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    producerId: optional(int64, -1n),
    producerEpoch: int16,
  }),
})
