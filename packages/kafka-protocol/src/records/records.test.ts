import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../codec/protocol-error.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { BatchView, batchFieldAt, batchHeaderSizeBytes, compressionIds } from './batch-view.ts'
import { RecordColumns, walkRecords } from './record-columns.ts'
import type { RecordHeader } from './record-headers.ts'
import { decodeHeaders } from './record-headers.ts'

type PlainRecord = {
  key: Buffer | null
  value: Buffer | null
  timestampMs: number
  headers: RecordHeader[]
}

const seed = 7

const bytesOrNull = fc.option(
  fc
    .oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 8_000, maxLength: 9_000 }))
    .map((bytes) => Buffer.from(bytes)),
)
const times = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
)
const headerLists = fc.array(
  fc.record({ key: fc.string({ maxLength: 70 }), value: bytesOrNull }, { noNullPrototype: true }),
  { maxLength: 3 },
)
const recordLists: fc.Arbitrary<PlainRecord[]> = fc.array(
  fc.record(
    { key: bytesOrNull, value: bytesOrNull, timestampMs: times, headers: headerLists },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 12 },
)

const encode = (records: readonly PlainRecord[], encoder = new BatchEncoder(64)): BatchEncoder => {
  for (const { key, value, timestampMs, headers } of records) encoder.append(key, value, timestampMs, headers)
  return encoder
}

const slice = (bytes: Buffer, start: number | undefined, end: number | undefined): Buffer | null =>
  start === undefined || start === -1 ? null : bytes.subarray(start, end)

const plainRecords = (bytes: Buffer, columns: RecordColumns, baseTimestamp: bigint): PlainRecord[] =>
  Array.from({ length: columns.length }, (_, row) => ({
    key: slice(bytes, columns.keyStart[row], columns.keyEnd[row]),
    value: slice(bytes, columns.valueStart[row], columns.valueEnd[row]),
    timestampMs: Number(baseTimestamp) + (columns.timestampDelta[row] ?? Number.NaN),
    headers: decodeHeaders(bytes, columns.headersStart[row] ?? -1, columns.headersEnd[row] ?? -1),
  }))

const walked = (batch: Buffer): PlainRecord[] => {
  const view = new BatchView().move(batch)
  const columns = new RecordColumns(1)
  walkRecords(batch, view.recordsStart, view.end, view.recordCount, columns)
  return plainRecords(batch, columns, view.baseTimestamp)
}

describe('a batch', () => {
  test('gives back the records it was made of', () => {
    fc.assert(
      fc.property(recordLists, (records) => {
        const batch = encode(records).finish()
        expect(walked(batch)).toStrictEqual(records)
        const view = new BatchView().move(batch)
        expect(view.hasValidCrc()).toBe(true)
        expect(view.recordCount).toBe(records.length)
        expect(view.lastOffsetDelta).toBe(records.length - 1)
        expect(Number(view.maxTimestamp)).toBe(Math.max(...records.map((record) => record.timestampMs)))
      }),
      { seed, numRuns: 150 },
    )
  })

  test('has the bytes that the documentation lays out', () => {
    // One record a=b at 1000 ms, put together by hand.
    const encoder = new BatchEncoder()
    encoder.append(Buffer.from('a'), Buffer.from('b'), 1000)
    const batch = encoder.finish({ partitionLeaderEpoch: 0 })
    const header = [
      '0000000000000000', // base offset
      '0000003a', // length: 49 of the header and 9 of the record
      '00000000', // leader epoch
      '02', // magic
      batch.toString('hex', batchFieldAt.crc, batchFieldAt.attributes),
      '0000', // attributes
      '00000000', // last offset delta
      '00000000000003e8', // base timestamp
      '00000000000003e8', // max timestamp
      'ffffffffffffffff', // producer id
      'ffff', // producer epoch
      'ffffffff', // base sequence
      '00000001', // records
    ].join('')
    const record = '10' + '00' + '00' + '00' + '0261' + '0262' + '00'
    expect(batch.toString('hex')).toBe(header + record)
    expect(new BatchView().move(batch).hasValidCrc()).toBe(true)
  })

  test('keeps its checksum when offset and leader epoch are set in place', () => {
    const batch = encode([{ key: null, value: Buffer.from('v'), timestampMs: 5, headers: [] }]).finish()
    const view = new BatchView().move(batch)
    view.setBaseOffset(2n ** 40n)
    view.setPartitionLeaderEpoch(9)
    expect([view.baseOffset, view.lastOffset, view.partitionLeaderEpoch]).toStrictEqual([
      2n ** 40n,
      2n ** 40n,
      9,
    ])
    expect(view.hasValidCrc()).toBe(true)
  })

  test('gets a new checksum with the time of the log or a producer', () => {
    const batch = encode([{ key: null, value: Buffer.from('v'), timestampMs: 5, headers: [] }]).finish()
    const view = new BatchView().move(batch)
    view.setLogAppendTime(77n)
    expect([view.isLogAppendTime, view.maxTimestamp, view.hasValidCrc()]).toStrictEqual([true, 77n, true])
    view.setProducer(12n, 3, 400)
    expect([view.producerId, view.producerEpoch, view.baseSequence]).toStrictEqual([12n, 3, 400])
    expect(view.hasValidCrc()).toBe(true)
  })

  test('says what its options made it', () => {
    const encoder = encode([{ key: null, value: null, timestampMs: 5, headers: [] }])
    const view = new BatchView().move(
      encoder.finish({
        producerId: 4n,
        producerEpoch: 1,
        baseSequence: 10,
        isTransactional: true,
        isControl: true,
      }),
    )
    expect([view.isTransactional, view.isControl, view.isLogAppendTime]).toStrictEqual([true, true, false])
    expect([view.producerId, view.producerEpoch, view.baseSequence]).toStrictEqual([4n, 1, 10])
  })

  test('carries compressed records', () => {
    const records = [1, 2, 3].map((n) => ({
      key: null,
      value: Buffer.alloc(500, n),
      timestampMs: n,
      headers: [],
    }))
    const batch = encode(records).finish({
      compression: { id: compressionIds.gzip, compress: (all) => gzipSync(all) },
    })
    const view = new BatchView().move(batch)
    expect(view.compression).toBe(compressionIds.gzip)
    expect(view.hasValidCrc()).toBe(true)
    const plain = gunzipSync(view.records)
    const columns = new RecordColumns()
    walkRecords(plain, 0, plain.length, view.recordCount, columns)
    expect(plainRecords(plain, columns, view.baseTimestamp)).toStrictEqual(records)
  })

  test('may have gaps between offsets', () => {
    const encoder = new BatchEncoder()
    for (const offsetDelta of [2, 3, 70]) encoder.append(null, Buffer.from('v'), 1, [], offsetDelta)
    const batch = encoder.finish()
    const columns = new RecordColumns()
    walkRecords(batch, batchHeaderSizeBytes, batch.length, 3, columns)
    expect([...columns.offsetDelta.subarray(0, 3)]).toStrictEqual([2, 3, 70])
    expect(new BatchView().move(batch).lastOffsetDelta).toBe(70)
  })

  test('leaves the encoder ready for the next', () => {
    const encoder = new BatchEncoder(64)
    const first = { key: null, value: Buffer.from('first'), timestampMs: 10, headers: [] }
    const second = { key: Buffer.from('k'), value: Buffer.from('second'), timestampMs: 4, headers: [] }
    const batch = encode([first], encoder).finish()
    const other = encode([second], encoder).finish()
    expect(walked(batch)).toStrictEqual([first])
    expect(walked(other)).toStrictEqual([second])
  })

  test.each([
    { says: 'no record', act: (encoder: BatchEncoder) => encoder.finish() },
    { says: 'a broken time', act: (encoder: BatchEncoder) => encoder.append(null, null, Number.NaN) },
    {
      says: 'offsets that do not grow',
      act: (encoder: BatchEncoder) => encoder.append(null, null, 1, [], -1),
    },
  ])('is refused with $says', ({ act }) => {
    expect(() => act(new BatchEncoder())).toThrow(RangeError)
  })
})

describe('a batch header is refused', () => {
  const batch = encode([{ key: null, value: Buffer.from('value'), timestampMs: 5, headers: [] }]).finish()
  const changed = (change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(batch)
    change(copy)
    return copy
  }

  test.each([
    { says: 'when it is cut short', bytes: batch.subarray(0, 60), reason: 'truncated' },
    {
      says: 'when the records are cut short',
      bytes: batch.subarray(0, batch.length - 1),
      reason: 'truncated',
    },
    {
      says: 'with another magic',
      bytes: changed((copy) => copy.writeInt8(1, batchFieldAt.magic)),
      reason: 'invalid',
    },
    { says: 'with a negative length', bytes: changed((copy) => copy.writeInt32BE(-1, 8)), reason: 'invalid' },
    {
      says: 'with a length below the header',
      bytes: changed((copy) => copy.writeInt32BE(48, 8)),
      reason: 'invalid',
    },
  ])('$says', ({ bytes, reason }) => {
    expect(() => new BatchView().move(bytes)).toThrow(
      expect.objectContaining({ name: 'ProtocolError', reason }),
    )
  })

  test('by its checksum, when any byte after it changes', () => {
    for (let at: number = batchFieldAt.attributes; at < batch.length; at++) {
      const bytes = changed((copy) => copy.writeUInt8((copy.readUInt8(at) + 1) & 0xff, at))
      expect(new BatchView().move(bytes).hasValidCrc()).toBe(false)
    }
  })
})

describe('a walk', () => {
  const records = [0, 1, 2].map((n) => ({
    key: Buffer.from(`key ${n}`),
    value: n === 1 ? null : Buffer.alloc(70, n),
    timestampMs: 1_000 - n,
    headers: [{ key: 'h', value: Buffer.from('x') }],
  }))
  const section = Buffer.from(new BatchView().move(encode(records).finish()).records)

  test('appends to what the columns hold', () => {
    const columns = new RecordColumns(2)
    walkRecords(section, 0, section.length, 3, columns)
    walkRecords(section, 0, section.length, 3, columns)
    expect(columns.length).toBe(6)
    expect(plainRecords(section, columns, 1_000n)).toStrictEqual([...records, ...records])
  })

  test.each([
    { says: 'more records than there are', bytes: section, count: 4 },
    { says: 'fewer records than there are', bytes: section, count: 2 },
    { says: 'a count no bytes could hold', bytes: section, count: 0x7fff_ffff },
    { says: 'a negative count', bytes: section, count: -1 },
    { says: 'a record of negative size', bytes: Buffer.from('01000000010100', 'hex'), count: 1 },
    { says: 'a key beyond its record', bytes: Buffer.from('0c000000500101', 'hex'), count: 1 },
    { says: 'a value beyond its record', bytes: Buffer.from('0c000000015000', 'hex'), count: 1 },
    { says: 'a key length below null', bytes: Buffer.from('0c000000030100', 'hex'), count: 1 },
    { says: 'no room for the header count', bytes: Buffer.from('0c000000010261', 'hex'), count: 1 },
    {
      says: 'a timestamp beyond exact numbers',
      bytes: Buffer.from(`20 00 ${'ff'.repeat(9)}01 00 01 01 00 00`.replaceAll(' ', ''), 'hex'),
      count: 1,
    },
  ])('refuses $says and leaves the columns alone', ({ bytes, count }) => {
    const columns = new RecordColumns(1)
    expect(() => walkRecords(bytes, 0, bytes.length, count, columns)).toThrow(ProtocolError)
    expect(columns.length).toBe(0)
    expect(columns.capacity).toBeLessThan(100)
  })

  test('stays inside the bytes whatever they hold', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: section.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(damage, fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 6 }), (changes, noise, count) => {
        const damaged = Buffer.from(section)
        for (const [at, byte] of changes) damaged[at] = byte
        for (const [bytes, records] of [[damaged, 3] as const, [Buffer.from(noise), count] as const]) {
          const columns = new RecordColumns(1)
          const outcome = ((): unknown => {
            try {
              walkRecords(bytes, 0, bytes.length, records, columns)
              const rows = plainRecords(bytes, columns, 0n)
              return rows.every(({ key, value }) => (key?.length ?? 0) + (value?.length ?? 0) <= bytes.length)
            } catch (error) {
              return error instanceof ProtocolError ? true : error
            }
          })()
          expect(outcome).toBe(true)
        }
      }),
      { seed, numRuns: 3_000 },
    )
  })
})

describe('headers', () => {
  test.each([
    { says: 'a count no bytes could hold', hex: 'feffffff0f' },
    { says: 'a negative count', hex: '01' },
    { says: 'a key beyond the end', hex: '020a61' },
    { says: 'a null key', hex: '020100' },
    { says: 'bytes left over', hex: '0000' },
    { says: 'nothing', hex: '' },
  ])('with $says are refused', ({ hex }) => {
    const bytes = Buffer.from(hex, 'hex')
    expect(() => decodeHeaders(bytes, 0, bytes.length)).toThrow(ProtocolError)
  })
})
