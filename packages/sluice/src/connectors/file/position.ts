/**
 * Where a file was read to, and how the same file is known again.
 *
 * A file is known by its inode and its first bytes; `id` is part of every record id and is made of the file alone
 * (inode, first line, how often it was replaced), so that records read again after a crash have the ids they had.
 */
import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { openFile, readRange } from './bytes.ts'

/** So many first bytes are looked at. */
const headBytesMax = 1_024
/** In a file that grows, so many equal first bytes tell that it is the same one although its inode is another. */
const headBytesToTrust = 512

const positionSchema = Type.Object({
  v: Type.Literal(1),
  id: Type.String(),
  inode: Type.String(),
  /** How often the file of this name was replaced or truncated. */
  generation: Type.Integer({ minimum: 0 }),
  /** How many first bytes were looked at, and their hash. */
  head: Type.Tuple([Type.Integer({ minimum: 0, maximum: headBytesMax }), Type.String()]),
  /** Byte (after decompression) and line at which the next record begins. */
  byte: Type.Integer({ minimum: 0 }),
  line: Type.Integer({ minimum: 1 }),
  /** What is added to event times; null where nothing is. */
  shift: Type.Union([Type.Number(), Type.Null()]),
})

export type FilePosition = Static<typeof positionSchema>

/** Undefined where the text is no position of ours. */
export const parseFilePosition = (text: string): FilePosition | undefined => {
  try {
    const position: unknown = JSON.parse(text)
    return Value.Check(positionSchema, position) ? position : undefined
  } catch {
    return undefined
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** The first bytes of a file, at most `most`, as a position keeps them. */
export const headOf = async (file: FileHandle, most = headBytesMax): Promise<[number, string]> => {
  const bytes = await readRange(file, 0, Math.min(most, headBytesMax))
  return [bytes.length, hashOf(bytes)]
}

/** Whether the file still begins with the bytes that it began with. */
export const keepsHead = async (file: FileHandle, position: FilePosition): Promise<boolean> => {
  const [length, hash] = position.head
  const [found, foundHash] = await headOf(file, length)
  return found === length && foundHash === hash
}

/** Whether this is the file that was read, and still as long. */
export const isSameFile = async (
  file: FileHandle,
  stat: BigIntStats,
  position: FilePosition,
  growing: boolean,
  compressed: boolean,
): Promise<boolean> => {
  if (!compressed && stat.size < BigInt(position.byte)) return false
  const trusted = String(stat.ino) === position.inode || !growing || position.head[0] >= headBytesToTrust
  return trusted && (await keepsHead(file, position))
}

/**
 * The start of a file that was never read; null while its first line is not complete.
 * @param final no more will be written, so that an incomplete line counts
 */
export const startPosition = async (
  file: FileHandle,
  generation: number,
  final: boolean,
): Promise<FilePosition | null> => {
  const stat = await file.stat({ bigint: true })
  const bytes = await readRange(file, 0, headBytesMax)
  const lineEnd = bytes.indexOf(10)
  if (lineEnd < 0 && bytes.length < headBytesMax && !final) return null
  const firstLine = lineEnd < 0 ? bytes : bytes.subarray(0, lineEnd)
  return {
    v: 1,
    id: `${stat.ino.toString(36)}-${hashOf(firstLine).slice(0, 8)}-${generation}`,
    inode: String(stat.ino),
    generation,
    head: [0, hashOf(Buffer.alloc(0))],
    byte: 0,
    line: 1,
    shift: null,
  }
}

/** The path that the file of a position has now, in the same folder; null where it is not there any more. */
export const findRenamed = async (path: string, position: FilePosition): Promise<string | null> => {
  const folder = dirname(path)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    const candidate = join(folder, entry.name)
    try {
      await using file = await openFile(candidate)
      const stat = await file.stat({ bigint: true })
      if (String(stat.ino) !== position.inode || stat.size < BigInt(position.byte)) continue
      if (await keepsHead(file, position)) return candidate
    } catch {
      // It left while we looked, or is not ours to read.
    }
  }
  return null
}
