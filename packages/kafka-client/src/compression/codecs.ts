/**
 * The codecs of record batches: gzip and zstd by Node, snappy and LZ4 by our own.
 *
 * All of them work on a whole batch, and are bounded by what comes out. Gzip can work beside the event loop too.
 */
import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
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

const gunzipAside = promisify(gunzip)

/** Whether it is worth a thread of its own: gzip is slow, and zstd done before a thread has begun. */
export const isForThread = (compressionId: number): boolean => compressionId === compressionIds.gzip

/** Each chunk is a trip to the thread and back: mostly there is one. */
const chunkOfPacked = 16
const chunkBytesMin = 64 * 1024
const chunkBytesMax = 4 * 1024 * 1024

/** As `decompress` of gzip, beside the event loop. @throws Error for bytes that are none of it */
export const gunzipBeside = async (bytes: Buffer, bytesMax: number): Promise<Buffer> => {
  const chunkSize = Math.min(chunkBytesMax, Math.max(chunkBytesMin, bytes.length * chunkOfPacked))
  return await gunzipAside(bytes, { maxOutputLength: bytesMax, chunkSize })
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
