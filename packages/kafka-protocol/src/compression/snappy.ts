/**
 * Snappy as Kafka's clients use it: raw blocks (librdkafka), and the stream of blocks that snappy-java writes (Java and most
 * others). Read: both. Written: the stream, which every client reads.
 *
 * Formats: google/snappy `format_description.txt`; the header of xerial/snappy-java.
 */
import { ProtocolError } from '../codec/protocol-error.ts'
import { decompressedBytesMax, unfoldsTooFar } from './bound.ts'
import { copyBytes, copyMatch, MatchFinder } from './matches.ts'

const magic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00] as const
const streamHeaderBytes = 16
const streamVersion = 1
/** As snappy-java has it. */
const blockBytesMax = 32 * 1024
const copyBytesMax = 64
/** Three bytes stand for 64 at most. */
const ratioMax = 22

const isStream = (bytes: Uint8Array): boolean =>
  bytes.length >= streamHeaderBytes && magic.every((byte, at) => bytes[at] === byte)

const tooLong = (): ProtocolError => new ProtocolError('invalid', 'a snappy block holds more than it says')

/** The length that stands before a block, and where the block begins. */
const lengthOf = (bytes: Uint8Array): { length: number; at: number } => {
  let length = 0
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at]
    if (byte === undefined) throw new ProtocolError('truncated', 'a snappy block without its length')
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return { length, at: at + 1 }
  }
  throw new ProtocolError('invalid', 'a snappy block with a length of more than five bytes')
}

const littleEndian = (bytes: Uint8Array, at: number, count: number): number => {
  if (at + count > bytes.length) throw new ProtocolError('truncated', 'a snappy block ends inside a tag')
  let value = 0
  for (let n = 0; n < count; n++) value += (bytes[at + n] ?? 0) * 2 ** (8 * n)
  return value
}

/** Unfolds one block into `target` from `begin` on; there is room for what it says it holds. */
const readBlock = (bytes: Uint8Array, target: Uint8Array, begin: number): number => {
  const { length, at: start } = lengthOf(bytes)
  const end = begin + length
  let at = start
  let out = begin
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    at += 1
    const kind = tag & 3
    const high = tag >> 2
    if (kind === 0) {
      const extra = high < 60 ? 0 : high - 59
      const count = (extra === 0 ? high : littleEndian(bytes, at, extra)) + 1
      at += extra
      if (at + count > bytes.length)
        throw new ProtocolError('truncated', 'a snappy block ends inside literals')
      if (out + count > end) throw tooLong()
      copyBytes(bytes, at, at + count, target, out)
      at += count
      out += count
      continue
    }
    const size = kind === 3 ? 4 : kind
    if (at + size > bytes.length) throw new ProtocolError('truncated', 'a snappy block ends inside a tag')
    const low = bytes[at] ?? 0
    const distance =
      kind === 1
        ? ((tag >> 5) << 8) | low
        : kind === 2
          ? low | ((bytes[at + 1] ?? 0) << 8)
          : littleEndian(bytes, at, size)
    at += size
    const count = kind === 1 ? (high & 7) + 4 : high + 1
    if (distance === 0 || distance > out - begin)
      throw new ProtocolError('invalid', 'a match before its snappy block')
    if (out + count > end) throw tooLong()
    copyMatch(target, out, distance, count)
    out += count
  }
  if (out !== end) throw new ProtocolError('truncated', 'a snappy block holds less than it says')
  return end
}

/** The blocks of a stream, or the one that stands alone. */
const blocksOf = (bytes: Uint8Array): readonly Uint8Array[] => {
  if (!isStream(bytes)) return [bytes]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks: Uint8Array[] = []
  let at = streamHeaderBytes
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new ProtocolError('truncated', 'a snappy stream ends inside a length')
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) throw new ProtocolError('truncated', 'a snappy stream ends inside a block')
    blocks.push(bytes.subarray(at + 4, end))
    at = end
  }
  return blocks
}

/** @throws ProtocolError for bytes that are no snappy, or that unfold to more than `bytesMax` */
export const snappyDecompress = (bytes: Uint8Array, bytesMax: number = decompressedBytesMax): Uint8Array => {
  const blocks = blocksOf(bytes)
  let needed = 0
  for (const block of blocks) {
    const { length } = lengthOf(block)
    // Believed, a length that no block of this size can have would only waste memory.
    if (length > block.length * ratioMax)
      throw new ProtocolError('invalid', 'a snappy block that says too much')
    needed += length
  }
  if (needed > bytesMax) throw unfoldsTooFar(bytesMax)
  const target = new Uint8Array(needed)
  let at = 0
  for (const block of blocks) at = readBlock(block, target, at)
  return target
}

const putLiterals = (
  bytes: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  start: number,
): number => {
  let at = start
  const count = to - from
  if (count === 0) return at
  if (count <= 60) target[at++] = (count - 1) << 2
  else if (count <= 256) {
    target[at++] = 60 << 2
    target[at++] = count - 1
  } else {
    target[at++] = 61 << 2
    target[at++] = (count - 1) & 0xff
    target[at++] = (count - 1) >> 8
  }
  copyBytes(bytes, from, to, target, at)
  return at + count
}

const putMatch = (distance: number, length: number, target: Uint8Array, start: number): number => {
  let at = start
  for (let left = length; left > 0; ) {
    const count = Math.min(left, copyBytesMax)
    target[at++] = ((count - 1) << 2) | 2
    target[at++] = distance & 0xff
    target[at++] = distance >> 8
    left -= count
  }
  return at
}

/** Writes one block; returns where it ends. */
const putBlock = (
  bytes: Uint8Array,
  finder: MatchFinder,
  from: number,
  to: number,
  target: Uint8Array,
  start: number,
): number => {
  let at = start
  for (let left = to - from; ; left >>>= 7) {
    target[at++] = left < 0x80 ? left : (left & 0x7f) | 0x80
    if (left < 0x80) break
  }
  const rest = finder.find(from, to, (literalsFrom, literalsTo, distance, length) => {
    at = putLiterals(bytes, literalsFrom, literalsTo, target, at)
    at = putMatch(distance, length, target, at)
  })
  return putLiterals(bytes, rest, to, target, at)
}

/** Most bytes that a block of so many can take: a match of four bytes takes three, literals a sixth more. */
const worstBytes = (count: number): number => 32 + count + Math.ceil(count / 6)

/** The stream of blocks that snappy-java writes. */
export const snappyCompress = (bytes: Uint8Array): Uint8Array => {
  const blocks = Math.max(1, Math.ceil(bytes.length / blockBytesMax))
  const target = new Uint8Array(streamHeaderBytes + worstBytes(bytes.length) + blocks * 40)
  const view = new DataView(target.buffer)
  target.set(magic)
  view.setUint32(8, streamVersion)
  view.setUint32(12, streamVersion)
  const finder = new MatchFinder(bytes)
  let at = streamHeaderBytes
  for (let from = 0; from < bytes.length; from += blockBytesMax) {
    const end = putBlock(bytes, finder, from, Math.min(bytes.length, from + blockBytesMax), target, at + 4)
    view.setUint32(at, end - at - 4)
    at = end
  }
  return target.subarray(0, at)
}
