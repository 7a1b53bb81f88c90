/**
 * The codecs of record batches: gzip and zstd by Node, snappy and LZ4 by our own.
 *
 * All of them are synchronous, work on a whole batch, and are bounded by what comes out.
 */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import {
  compressionIds,
  decompressedBytesMax,
  lz4Compress,
  lz4Decompress,
  snappyCompress,
  snappyDecompress,
} from 'sluice-kafka-protocol'

export type CompressionName = keyof typeof compressionIds

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** @throws Error for a codec nobody knows, bytes that are none of it, or that unfold to more than `bytesMax` */
export const decompress = (
  compressionId: number,
  bytes: Buffer,
  bytesMax: number = decompressedBytesMax,
): Buffer => {
  switch (compressionId) {
    case compressionIds.none:
      return bytes
    case compressionIds.gzip:
      return gunzipSync(bytes, { maxOutputLength: bytesMax })
    case compressionIds.snappy:
      return bufferOf(snappyDecompress(bytes, bytesMax))
    case compressionIds.lz4:
      return bufferOf(lz4Decompress(bytes, bytesMax))
    case compressionIds.zstd:
      return zstdDecompressSync(bytes, { maxOutputLength: bytesMax })
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
      return bufferOf(snappyCompress(bytes))
    case 'lz4':
      return bufferOf(lz4Compress(bytes))
    case 'zstd':
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  }
}
