/**
 * LZ4 frames, as record batches of magic 2 carry them. Read: every frame of the format but those with a dictionary, several
 * of them too, with their checksums checked. Written: independent blocks of 64 KiB, as Java's client does.
 *
 * Formats: lz4/lz4 `lz4_Frame_format.md` and `lz4_Block_format.md`.
 */
import { ProtocolError } from '../codec/protocol-error.ts'
import { decompressedBytesMax, unfoldsTooFar } from './bound.ts'
import { copyBytes, copyMatch, MatchFinder } from './matches.ts'
import { xxhash32 } from './xxhash32.ts'

const magic = 0x184d_2204
/** Frames that carry something else than data begin with one of sixteen numbers. */
const skippableMagic = 0x184d_2a50
const uncompressedBit = 0x8000_0000
const blockBytesMax = 64 * 1024
const leastMatch = 4
/** A byte of a length stands for 255 at most. */
const ratioMax = 256
/** The last match of a block begins so far before its end, at least. */
const matchTail = 12

const flags = {
  version: 0x40,
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 8,
  contentChecksum: 4,
  dictionary: 1,
}

/** How far blocks unfold, by the number that the header gives their size. */
const blockBytesOf = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024] as const

/** What one frame says of itself. */
interface Frame {
  readonly flag: number
  readonly blockBytes: number
  /** Where its content begins in what was made. */
  readonly from: number
}

class Frames {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #bytesMax: number
  #at = 0
  #target: Uint8Array
  #length = 0

  constructor(bytes: Uint8Array, bytesMax: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#bytesMax = bytesMax
    this.#target = new Uint8Array(Math.min(bytesMax, bytes.length * 4))
  }

  read(): Uint8Array {
    do this.#frame()
    while (this.#at < this.#bytes.length)
    return this.#target.subarray(0, this.#length)
  }

  #frame(): void {
    const found = this.#word()
    if ((found & ~0xf) >>> 0 === skippableMagic) {
      this.#take(this.#word())
      return
    }
    if (found !== magic) throw new ProtocolError('invalid', 'these bytes are no LZ4 frame')
    const frame = this.#header()
    for (;;) {
      const word = this.#word()
      if (word === 0) break
      const block = this.#take(word & ~uncompressedBit)
      this.#unfold(block, (word & uncompressedBit) !== 0, frame)
      if ((frame.flag & flags.blockChecksum) !== 0) this.#check(block)
    }
    if ((frame.flag & flags.contentChecksum) !== 0)
      this.#check(this.#target.subarray(frame.from, this.#length))
  }

  #header(): Frame {
    const start = this.#at
    const [flag = 0, size = 0] = this.#take(2)
    if ((flag & 0xc0) !== flags.version) throw new ProtocolError('invalid', 'an LZ4 frame of another version')
    if ((flag & flags.dictionary) !== 0) throw new ProtocolError('invalid', 'an LZ4 frame with a dictionary')
    if ((flag & flags.contentSize) !== 0) this.#take(8)
    const sum = (xxhash32(this.#bytes.subarray(start, this.#at)) >>> 8) & 0xff
    if (this.#take(1)[0] !== sum) throw new ProtocolError('checksum', 'the header of an LZ4 frame is damaged')
    const blockBytes = blockBytesOf[(size >> 4) & 7] ?? 0
    if (blockBytes === 0) throw new ProtocolError('invalid', 'an LZ4 frame with blocks of no known size')
    return { flag, blockBytes, from: this.#length }
  }

  #unfold(block: Uint8Array, isPlain: boolean, frame: Frame): void {
    const begin = this.#length
    const bound = isPlain ? block.length : Math.min(frame.blockBytes, block.length * ratioMax)
    const endMax = Math.min(this.#bytesMax, begin + bound)
    if (isPlain) {
      if (begin + block.length > endMax) throw unfoldsTooFar(this.#bytesMax)
      this.#grow(endMax)
      this.#target.set(block, begin)
      this.#length = endMax
      return
    }
    // The size that a frame names for its blocks is often far more than they hold: room is made as it proves needed.
    for (;;) {
      const end = Math.min(this.#target.length, endMax)
      this.#length = readBlock(block, this.#target, begin, end, frame.from)
      if (this.#length >= 0) return
      this.#length = begin
      if (end === endMax) throw unfoldsTooFar(endMax)
      this.#grow(Math.min(endMax, end * 2 + 1024))
    }
  }

  #grow(needed: number): void {
    if (needed <= this.#target.length) return
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(needed, this.#target.length * 2)))
    grown.set(this.#target.subarray(0, this.#length))
    this.#target = grown
  }

  #check(bytes: Uint8Array): void {
    if (this.#word() !== xxhash32(bytes)) throw new ProtocolError('checksum', 'an LZ4 frame is damaged')
  }

  #word(): number {
    const at = this.#at
    this.#take(4)
    return this.#view.getUint32(at, true)
  }

  #take(count: number): Uint8Array {
    const from = this.#at
    if (from + count > this.#bytes.length) throw new ProtocolError('truncated', 'an LZ4 frame ends too early')
    this.#at = from + count
    return this.#bytes.subarray(from, from + count)
  }
}

/**
 * The rest of a length, in bytes of 255 and a last one of less: it takes one byte more than it has 255s. A function that
 * returns, not a closure that moves a place: places in closures are slow.
 */
const lengthAt = (bytes: Uint8Array, start: number): number => {
  let length = 0
  for (let at = start; ; at++) {
    const byte = bytes[at]
    if (byte === undefined) throw new ProtocolError('truncated', 'an LZ4 block ends inside a length')
    length += byte
    if (byte < 255) return length
  }
}

/**
 * Unfolds one block into `target` between `begin` and `end`; matches reach back to `frameStart` at most.
 * @returns where it ends, or -1 when it does not fit
 */
const readBlock = (
  bytes: Uint8Array,
  target: Uint8Array,
  begin: number,
  end: number,
  frameStart: number,
): number => {
  let at = 0
  let out = begin
  while (at < bytes.length) {
    const token = bytes[at] ?? 0
    at += 1
    let literals = token >> 4
    if (literals === 15) {
      const more = lengthAt(bytes, at)
      at += Math.floor(more / 255) + 1
      literals += more
    }
    if (at + literals > bytes.length)
      throw new ProtocolError('truncated', 'an LZ4 block ends inside literals')
    if (out + literals > end) return -1
    copyBytes(bytes, at, at + literals, target, out)
    at += literals
    out += literals
    if (at === bytes.length) return out
    if (at + 2 > bytes.length) throw new ProtocolError('truncated', 'an LZ4 block ends inside a match')
    const distance = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    at += 2
    let length = (token & 15) + leastMatch
    if (length === 15 + leastMatch) {
      const more = lengthAt(bytes, at)
      at += Math.floor(more / 255) + 1
      length += more
    }
    if (distance === 0 || distance > out - frameStart) {
      throw new ProtocolError('invalid', 'a match before its LZ4 frame')
    }
    if (out + length > end) return -1
    copyMatch(target, out, distance, length)
    out += length
  }
  throw new ProtocolError('truncated', 'an LZ4 block ends with a match')
}

/** @throws ProtocolError for bytes that are no LZ4 frame, or that unfold to more than `bytesMax` */
export const lz4Decompress = (bytes: Uint8Array, bytesMax: number = decompressedBytesMax): Uint8Array =>
  new Frames(bytes, bytesMax).read()

const putLength = (length: number, target: Uint8Array, start: number): number => {
  let at = start
  let left = length - 15
  for (; left >= 255; left -= 255) target[at++] = 255
  target[at++] = left
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
  const sequence = (literalsFrom: number, literalsTo: number, matchLength: number): void => {
    const literals = literalsTo - literalsFrom
    target[at++] = (Math.min(literals, 15) << 4) | Math.min(matchLength, 15)
    if (literals >= 15) at = putLength(literals, target, at)
    copyBytes(bytes, literalsFrom, literalsTo, target, at)
    at += literals
  }
  let rest = from
  // So no match reaches into the last five bytes either, which must be literals.
  const matchable = to - (matchTail - leastMatch)
  if (matchable > from) {
    rest = finder.find(from, matchable, (literalsFrom, literalsTo, distance, length) => {
      sequence(literalsFrom, literalsTo, length - leastMatch)
      target[at++] = distance & 0xff
      target[at++] = distance >> 8
      if (length - leastMatch >= 15) at = putLength(length - leastMatch, target, at)
    })
  }
  sequence(rest, to, 0)
  return at
}

/** One frame: independent blocks, no checksum but the header's, as Java's client writes it. */
export const lz4Compress = (bytes: Uint8Array): Uint8Array => {
  const blocks = Math.ceil(bytes.length / blockBytesMax)
  const target = new Uint8Array(16 + bytes.length + Math.ceil(bytes.length / 200) + blocks * 32)
  const view = new DataView(target.buffer)
  view.setUint32(0, magic, true)
  target[4] = flags.version | flags.independent
  target[5] = 0x40
  target[6] = (xxhash32(target.subarray(4, 6)) >>> 8) & 0xff
  const finder = new MatchFinder(bytes)
  let at = 7
  for (let from = 0; from < bytes.length; from += blockBytesMax) {
    const to = Math.min(bytes.length, from + blockBytesMax)
    const end = putBlock(bytes, finder, from, to, target, at + 4)
    if (end - at - 4 < to - from) {
      view.setUint32(at, end - at - 4, true)
      at = end
      continue
    }
    view.setUint32(at, ((to - from) | uncompressedBit) >>> 0, true)
    target.set(bytes.subarray(from, to), at + 4)
    at += 4 + to - from
  }
  view.setUint32(at, 0, true)
  return target.subarray(0, at + 4)
}
