/**
 * The codecs of record batches: gzip and zstd by Node, snappy and lz4 by the library.
 *
 * All of them are synchronous and work on a whole batch. What comes out is bounded where the codec allows it.
 */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import { compressionIds } from 'sluice-kafka-protocol'

export type CompressionName = keyof typeof compressionIds

/** A batch that claims to be larger than this is refused. */
const decompressedBytesMax = 256 * 1024 * 1024

/** @throws Error for a codec nobody knows or bytes that are none of it */
export const decompress = (compressionId: number, bytes: Buffer): Buffer => {
  switch (compressionId) {
    case compressionIds.none:
      return bytes
    case compressionIds.gzip:
      return gunzipSync(bytes, { maxOutputLength: decompressedBytesMax })
    case compressionIds.snappy:
      return compressionsAlgorithms.snappy.decompressSync(bytes)
    case compressionIds.lz4:
      return compressionsAlgorithms.lz4.decompressSync(bytes)
    case compressionIds.zstd:
      return zstdDecompressSync(bytes, { maxOutputLength: decompressedBytesMax })
    default:
      throw new Error(`compression ${compressionId} is unknown`)
  }
}

/** The fastest level of each codec: a broker is near, and time is dearer than bytes. */
export const compress = (name: CompressionName, bytes: Buffer): Buffer => {
  switch (name) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes, { level: constants.Z_BEST_SPEED })
    case 'snappy':
      return compressionsAlgorithms.snappy.compressSync(bytes)
    case 'lz4':
      return compressionsAlgorithms.lz4.compressSync(bytes)
    case 'zstd':
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  }
}
