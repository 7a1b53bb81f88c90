import { compressionsAlgorithms } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../codec/protocol-error.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'
import { xxhash32 } from './xxhash32.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

const readings = (count: number): Uint8Array =>
  text(
    Array.from(
      { length: count },
      (_, n) => `{"sensor_id":"s-${n % 97}","temperature":${(20 + (n % 113) / 10).toFixed(1)},"n":${n}}`,
    ).join(''),
  )

/** What does not repeat, the same in every run. */
const noise = (count: number): Uint8Array => {
  let state = 1
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 24
  })
}

const samples: readonly { says: string; bytes: Uint8Array }[] = [
  { says: 'nothing', bytes: new Uint8Array() },
  { says: 'one byte', bytes: text('a') },
  { says: 'twelve bytes', bytes: text('abababababab') },
  { says: 'a run', bytes: new Uint8Array(100_000) },
  { says: 'a run of three', bytes: text('abc'.repeat(70_000)) },
  { says: 'readings', bytes: readings(5_000) },
  { says: 'noise', bytes: noise(200_000) },
  { says: 'exactly one block', bytes: readings(2_000).subarray(0, 65_536) },
  { says: 'a byte more than a block', bytes: readings(2_000).subarray(0, 65_537) },
]

const codecs = [
  {
    name: 'snappy',
    compress: snappyCompress,
    decompress: snappyDecompress,
    theirs: compressionsAlgorithms.snappy,
  },
  { name: 'lz4', compress: lz4Compress, decompress: lz4Decompress, theirs: compressionsAlgorithms.lz4 },
] as const

/** How many bytes came out, or -1 for bytes that were refused; any other failure is one. */
const endOf = (unfold: () => Uint8Array): number => {
  try {
    return unfold().length
  } catch (error) {
    if (error instanceof ProtocolError) return -1
    throw error
  }
}

describe.each(codecs)('$name', ({ compress, decompress, theirs }) => {
  const parts = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(500)).map(([piece, times]) => {
      const bytes = new Uint8Array(piece.length * times)
      for (let n = 0; n < times; n++) bytes.set(piece, n * piece.length)
      return bytes
    }),
  )
  const bodies = fc.array(parts, { maxLength: 12 }).map((pieces) => new Uint8Array(Buffer.concat(pieces)))

  test.each(samples)('$says comes back as it was', ({ bytes }) => {
    expect(Buffer.from(decompress(compress(bytes))).equals(bytes)).toBe(true)
  })

  test.each(samples)('$says is read by others', ({ bytes }) => {
    if (bytes.length === 0) return
    expect(Buffer.from(theirs.decompressSync(Buffer.from(compress(bytes)))).equals(bytes)).toBe(true)
  })

  test.each(samples)('$says written by others is read', ({ bytes }) => {
    if (bytes.length === 0) return
    expect(Buffer.from(decompress(theirs.compressSync(Buffer.from(bytes)))).equals(bytes)).toBe(true)
  })

  test('what repeats becomes small, what does not grows by next to nothing', () => {
    const of = (bytes: Uint8Array): number => compress(bytes).length / bytes.length
    expect(of(readings(5_000))).toBeLessThan(0.5)
    expect(of(noise(200_000))).toBeLessThan(1.01)
  })

  test('any bytes come back as they were, by us and by others', () => {
    fc.assert(
      fc.property(bodies, (bytes) => {
        const made = compress(bytes)
        expect(Buffer.from(decompress(made)).equals(bytes)).toBe(true)
        expect(bytes.length === 0 || theirs.decompressSync(Buffer.from(made)).equals(bytes)).toBe(true)
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  test('damaged bytes are refused or unfold within the bound, and never crash', () => {
    const good = compress(readings(200))
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, cut) => {
        const bytes = good.slice(0, cut)
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
        expect(endOf(() => decompress(bytes, 100_000))).toBeLessThanOrEqual(100_000)
      }),
      { seed: 5, numRuns: 5_000 },
    )
  })

  test('bytes of something else are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(endOf(() => decompress(bytes, 10_000))).toBeLessThanOrEqual(10_000)
      }),
      { seed: 9, numRuns: 3_000 },
    )
  })

  test('what unfolds beyond the bound is refused', () => {
    const bomb = compress(new Uint8Array(1_000_000))
    expect(() => decompress(bomb, 999_999)).toThrow(`unfolds to more than 999999 bytes`)
    expect(decompress(bomb, 1_000_000).length).toBe(1_000_000)
  })
})

test('snappy reads raw blocks, as librdkafka writes them', () => {
  // Length 11, a literal of four bytes, a match of seven bytes four back.
  const raw = Uint8Array.of(11, 3 << 2, 0x61, 0x62, 0x63, 0x64, ((7 - 4) << 2) | 1, 4)
  expect(Buffer.from(snappyDecompress(raw)).toString()).toBe('abcdabcdabc')
})

test('LZ4 finds damage by the checksums of blocks and content', () => {
  // A frame with both checksums around one uncompressed block, `abc`.
  const block = text('abc')
  const word = (value: number): number[] => [
    value & 255,
    (value >>> 8) & 255,
    (value >>> 16) & 255,
    value >>> 24,
  ]
  const header = Uint8Array.of(0x74, 0x40)
  const frame = Uint8Array.from([
    0x04,
    0x22,
    0x4d,
    0x18,
    ...header,
    (xxhash32(header) >>> 8) & 255,
    ...word(0x8000_0003),
    ...block,
    ...word(xxhash32(block)),
    ...word(0),
    ...word(xxhash32(block)),
  ])
  expect(Buffer.from(lz4Decompress(frame)).toString()).toBe('abc')
  for (const at of [6, 11, 14, frame.length - 1]) {
    const damaged = frame.slice()
    damaged[at] = (damaged[at] ?? 0) ^ 1
    expect(() => lz4Decompress(damaged)).toThrow(ProtocolError)
  }
})

test.each([
  // From the specification's reference implementation.
  { words: '', hash: 0x02cc_5d05 },
  { words: 'a', hash: 0x550d_7456 },
  { words: 'abc', hash: 0x32d1_53ff },
  { words: 'Nobody inspects the spammish repetition', hash: 0xe229_3b2f },
])('xxHash32 of "$words" is $hash', ({ words, hash }) => {
  expect(xxhash32(text(words))).toBe(hash)
})
