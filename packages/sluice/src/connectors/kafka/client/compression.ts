/**
 * The codecs of record batches: gzip and zstd by Node, snappy and lz4 by the library, which is loaded for the first batch
 * that needs it: that takes half a second, and most topics never do.
 *
 * All of them are synchronous and work on a whole batch. What comes out is bounded where the codec allows it.
 */
import { createRequire } from 'node:module'
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { compressionsAlgorithms } from '@platformatic/kafka'
import { compressionIds } from 'sluice-kafka-protocol'

export type CompressionName = keyof typeof compressionIds

type Codecs = typeof compressionsAlgorithms

const isLibrary = (loaded: unknown): loaded is { readonly compressionsAlgorithms: Codecs } =>
  typeof loaded === 'object' && loaded !== null && 'compressionsAlgorithms' in loaded

let loadedCodecs: Codecs | undefined

const libraryCodecs = (): Codecs => {
  if (loadedCodecs !== undefined) return loadedCodecs
  const loaded: unknown = createRequire(import.meta.url)('@platformatic/kafka')
  if (!isLibrary(loaded)) throw new Error('the codecs of the Kafka library are not where they were')
  loadedCodecs = loaded.compressionsAlgorithms
  return loadedCodecs
}

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
      return libraryCodecs().snappy.decompressSync(bytes)
    case compressionIds.lz4:
      return libraryCodecs().lz4.decompressSync(bytes)
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
      return libraryCodecs().snappy.compressSync(bytes)
    case 'lz4':
      return libraryCodecs().lz4.compressSync(bytes)
    case 'zstd':
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  }
}
