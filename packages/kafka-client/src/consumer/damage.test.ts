/** Fetched bytes that are damaged in every way there is. The seed is printed with a failure; SLUICE_SEED repeats it. */
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import {
  BatchEncoder,
  BatchView,
  batchFieldAt,
  batchHeaderSizeBytes,
  compressionIds,
} from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { valuesIn } from '../cluster/fake-cluster.suite.ts'
import { crc32c } from '../compression/checksum.ts'
import { type CompressionName, compress } from '../compression/codecs.ts'
import { DamagedBatch, decodeRecordSet, endOf } from './record-sets.ts'

const seed = Number(process.env['SLUICE_SEED'] ?? 20_261_121)
const codecs: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const batchOf = (codec: CompressionName, base: number, values: readonly string[]): Buffer => {
  const encoder = new BatchEncoder()
  for (const [i, value] of values.entries()) {
    const headers = i % 3 === 0 ? [{ key: 'h', value: Buffer.from(value) }] : []
    encoder.append(i % 2 === 0 ? Buffer.from(`k${i}`) : null, Buffer.from(value), 1_000 + i, headers)
  }
  return encoder.finish({
    baseOffset: BigInt(base),
    compression: { id: compressionIds[codec], compress: (bytes) => compress(codec, bytes) },
  })
}

const valuesOf = (base: number): string[] =>
  Array.from({ length: 20 }, (_, i) => `value ${base + i} `.repeat(4))

const setOf = (codec: CompressionName): Buffer =>
  Buffer.concat([0, 20, 40].map((base) => batchOf(codec, base, valuesOf(base))))

/** Makes the checksum of each batch that is whole fit its bytes again, as one that was damaged before it was summed. */
const resum = (bytes: Buffer): void => {
  for (let at = 0; bytes.length - at >= batchHeaderSizeBytes; ) {
    const end = at + bytes.readInt32BE(at + batchFieldAt.batchLength) + 12
    if (end < at + batchHeaderSizeBytes || end > bytes.length) return
    bytes.writeUInt32BE(crc32c(bytes.subarray(at + batchFieldAt.attributes, end)), at + batchFieldAt.crc)
    at = end
  }
}

interface Change {
  readonly at: number
  readonly value: number
  readonly kind: 'byte' | 'bit' | 'int32' | 'cut'
}

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    // Headers are looked for as often as all the rest.
    at: fc.oneof(fc.nat(100), fc.nat(5_000)),
    value: fc.oneof(fc.nat(255), fc.integer(), fc.constantFrom(-1, 0x7fff_ffff, -0x8000_0000, 100_000_000)),
    kind: fc.constantFrom('byte', 'bit', 'int32', 'cut'),
  }),
  { minLength: 1, maxLength: 4 },
)

const damage = (whole: Buffer, wanted: readonly Change[]): Buffer => {
  let bytes = Buffer.from(whole)
  for (const { at, value, kind } of wanted) {
    const place = at % Math.max(1, bytes.length - 4)
    if (kind === 'cut') bytes = bytes.subarray(0, place)
    else if (bytes.length < 5) break
    else if (kind === 'byte') bytes.writeUInt8(value & 0xff, place)
    else if (kind === 'bit') bytes.writeUInt8((bytes[place] ?? 0) ^ (1 << (value & 7)), place)
    else bytes.writeInt32BE(value | 0, place)
  }
  return bytes
}

/** Everything of a set that can be read; nothing but DamagedBatch is thrown. */
const readAll = (bytes: Buffer): string[] => {
  try {
    const records = decodeRecordSet({ bytes, from: 0n, aborted: [] })
    for (let row = 0; row < (records?.count ?? 0); row++) {
      try {
        records?.headersOf(row)
      } catch (error) {
        expect(error).toMatchObject({ name: 'ProtocolError' })
      }
    }
    return valuesIn(records)
  } catch (error) {
    if (!(error instanceof DamagedBatch)) throw error
    expect(error.start).toBeLessThan(bytes.length)
    return error.start === 0 ? [] : readAll(bytes.subarray(0, error.start))
  }
}

describe.each(codecs)('a record set in %s', (codec) => {
  const whole = setOf(codec)
  const all = [0, 20, 40].flatMap(valuesOf)

  test('that is damaged gives what lies before the damage, or nothing', () => {
    fc.assert(
      fc.property(changes, (wanted) => {
        const bytes = damage(whole, wanted)
        const seen = readAll(bytes)
        // Offsets and leader epochs are in no checksum, since brokers set them; records are.
        const isShorter = seen.length % 20 === 0 && seen.length <= all.length
        expect(isShorter && seen.every((value) => all.includes(value))).toBe(true)
        endOf(bytes)
      }),
      { seed, numRuns: 2_000 },
    )
  })

  test('that lies although its checksum fits ends no program and takes no memory', () => {
    const before = process.memoryUsage()
    fc.assert(
      fc.property(changes, (wanted) => {
        const bytes = damage(whole, wanted)
        resum(bytes)
        readAll(bytes)
      }),
      { seed, numRuns: 2_000 },
    )
    const { arrayBuffers } = process.memoryUsage()
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(300 * 1024 * 1024)
  })
})

test.each([100_000_000, 0x7fff_ffff, -5])('a count of %d records is not believed', (count) => {
  const bytes = batchOf('none', 0, ['a', 'b'])
  bytes.writeInt32BE(count, batchFieldAt.recordCount)
  resum(bytes)
  const { arrayBuffers } = process.memoryUsage()
  expect(() => decodeRecordSet({ bytes, from: 0n, aborted: null })).toThrow(/records cannot fit/)
  expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1024 * 1024)
})

test('batches that unfold beyond all measure are read one after the other, not all at once', () => {
  const large = zstdCompressSync(Buffer.alloc(200 * 1024 * 1024))
  const bomb = (base: number): Buffer => {
    const encoder = new BatchEncoder()
    encoder.append(null, Buffer.from('x'), 1_000)
    const compression = { id: compressionIds.zstd, compress: () => large }
    return encoder.finish({ baseOffset: BigInt(base), compression })
  }
  const bytes = Buffer.concat([bomb(0), bomb(1), bomb(2)])
  const second = new BatchView().move(bytes).end
  expect(() => decodeRecordSet({ bytes, from: 0n, aborted: null })).toThrow(
    expect.objectContaining({ name: 'DamagedBatch', start: second }),
  )
})
