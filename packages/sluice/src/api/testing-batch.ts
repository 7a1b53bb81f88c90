/** Records as the batch that a fetch would have brought, for tests. */
import { BatchBuilder } from '../flow/batch-builder.ts'
import type { OutgoingRecord } from '../flow/kafka-ports.ts'
import type { RecordBatch } from '../flow/record-batch.ts'

/** @param first offset of the first record */
export const batchOf = (topic: string, records: readonly OutgoingRecord[], first: bigint): RecordBatch => {
  const builder = new BatchBuilder()
  for (const [i, { key, value, headers, timeMs }] of records.entries()) {
    builder.add({ key, value, headers, timeMs, number: first + BigInt(i) })
  }
  return builder.build({
    pipeline: 'test',
    incarnation: 'test',
    lane: topic,
    stream: topic,
    next: String(first + BigInt(records.length)),
  })
}
