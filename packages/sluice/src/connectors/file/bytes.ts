/** The bytes of a file from a place on, chunk by chunk; gzip is seen by its first bytes and opened on the way. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

const chunkBytes = 256 * 1024

export interface ByteReader extends AsyncDisposable {
  readonly compressed: boolean
  /** The next bytes; null at the end. A file that grows has more after that, a compressed one has not. */
  read(): Promise<Buffer | null>
  /** Bytes of the file that were not read yet, as it is now; for a compressed one, compressed ones. */
  left(): Promise<number>
}

/** Bytes `from` to `to` of an open file, fewer at its end. */
export const readRange = async (file: FileHandle, from: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Whether a file begins as gzip does. */
export const isGzip = async (file: FileHandle): Promise<boolean> => {
  const head = await readRange(file, 0, 2)
  return head[0] === 0x1f && head[1] === 0x8b
}

const plainReader = (file: FileHandle, from: number): ByteReader => {
  let at = from
  return {
    compressed: false,
    read: async () => {
      // A new buffer each time: records are views of it and outlive the next read.
      const bytes = Buffer.allocUnsafeSlow(chunkBytes)
      const { bytesRead } = await file.read(bytes, 0, chunkBytes, at)
      at += bytesRead
      return bytesRead === 0 ? null : bytes.subarray(0, bytesRead)
    },
    left: async () => Math.max(0, (await file.stat()).size - at),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const gzipReader = (file: FileHandle, path: string, from: number): ByteReader => {
  const stream = createReadStream(path)
  const unzipped = createGunzip({ chunkSize: chunkBytes })
  // Both ends hear of an error through the iterator; the callback only keeps it from being thrown as well.
  pipeline(stream, unzipped, () => undefined)
  const chunks = unzipped[Symbol.asyncIterator]()
  let skip = from
  // After an error the iterator says that it is done, which would pass for the end of the file.
  let failure: Error | null = null
  const nextChunk = async () => {
    if (failure !== null) throw failure
    try {
      return await chunks.next()
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      throw failure
    }
  }
  const read = async (): Promise<Buffer | null> => {
    for (;;) {
      const next = await nextChunk()
      if (next.done === true) return null
      const chunk: unknown = next.value
      if (!Buffer.isBuffer(chunk)) continue
      if (skip >= chunk.length) skip -= chunk.length
      else {
        const bytes = chunk.subarray(skip)
        skip = 0
        return bytes
      }
    }
  }
  return {
    compressed: true,
    read,
    left: async () => Math.max(0, (await file.stat()).size - stream.bytesRead),
    [Symbol.asyncDispose]: async () => {
      unzipped.destroy()
      stream.destroy()
    },
  }
}

/** Reads an open file from byte `from` on, counted after decompression. The file stays the caller's. */
export const readBytes = async (file: FileHandle, path: string, from: number): Promise<ByteReader> =>
  (await isGzip(file)) ? gzipReader(file, path, from) : plainReader(file, from)

/** Opens a file for reading. */
export const openFile = (path: string): Promise<FileHandle> => open(path, 'r')
