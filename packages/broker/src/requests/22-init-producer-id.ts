/**
 * InitProducerId (key 22, v0-v5): gives an idempotent producer its id.
 *
 * - Every call gives a new id with epoch 0; ids are never given twice, also not after a restart.
 * - There are no transactions yet: a transactional id is refused with an error that clients take as final.
 */
import { errorCodes, InitProducerId } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

export const initProducerId = defineRequest(InitProducerId, async (request, { broker }) => {
  if (request.transactionalId !== null) {
    return { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerEpoch: -1 }
  }
  try {
    return { errorCode: errorCodes.NONE, producerId: await broker.nextProducerId(), producerEpoch: 0 }
  } catch (error) {
    broker.report(`no producer id could be reserved: ${String(error)}`)
    return { errorCode: errorCodes.KAFKA_STORAGE_ERROR, producerEpoch: -1 }
  }
})
