/** Decoded records of the Kafka client as a batch of the engine: the same columns over the same bytes. */
import type { DecodedRecords } from 'sluice-kafka-client/parts'
import { type BatchOrigin, RecordBatch } from '../../../flow/record-batch.ts'

export const toRecordBatch = (records: DecodedRecords | null, origin: BatchOrigin): RecordBatch | null => {
  if (records === null) return null
  const { baseOffset, offsetDelta, headersOf, ...columns } = records
  return new RecordBatch(origin, { ...columns, numberBase: baseOffset, numberDelta: offsetDelta }, headersOf)
}
