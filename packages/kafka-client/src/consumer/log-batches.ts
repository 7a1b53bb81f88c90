/** What a record set says of its batches, read from their headers alone: where each begins and ends, its codec, its size. */
import { BatchView, batchFieldAt, batchHeaderSizeBytes, compressionIds } from 'sluice-kafka-protocol'
import type { CompressionName } from '../compression/codecs.ts'

/** How records were written: the batch of the log that holds them. */
export interface LogBatch {
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly codec: CompressionName
  readonly sizeBytes: number
  readonly records: number
  readonly transactional: boolean
}

const uncountedBytes = 12

const codecOf = (id: number): CompressionName => {
  const codecs: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
  return codecs.find((codec) => compressionIds[codec] === id) ?? 'none'
}

/** The batches that are whole in these bytes, in order. */
export const logBatchesOf = (bytes: Buffer): LogBatch[] => {
  const batches: LogBatch[] = []
  const view = new BatchView()
  for (let at = 0; bytes.length - at >= batchHeaderSizeBytes; at = view.end) {
    if (bytes.readInt32BE(at + batchFieldAt.batchLength) + uncountedBytes > bytes.length - at) break
    view.move(bytes, at)
    batches.push({
      baseOffset: view.baseOffset,
      lastOffset: view.lastOffset,
      codec: codecOf(view.compression),
      sizeBytes: view.sizeBytes,
      records: view.recordCount,
      transactional: view.isTransactional,
    })
  }
  return batches
}
