import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const readerOf = (hex: string): Reader => new Reader(Buffer.from(hex, 'hex'))
const written = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(1)
  write(writer)
  return writer.toBuffer()
}

describe('variable-length integers', () => {
  test.each([
    { value: 0, hex: '00' },
    { value: 127, hex: '7f' },
    { value: 128, hex: '8001' },
    { value: 300, hex: 'ac02' },
    { value: 0xffff_ffff, hex: 'ffffffff0f' },
  ])('unsigned $value is $hex', ({ value, hex }) => {
    expect(written((writer) => writer.unsignedVarint(value)).toString('hex')).toBe(hex)
    expect(readerOf(hex).unsignedVarint()).toBe(value)
  })

  test.each([
    { value: 0, hex: '00' },
    { value: -1, hex: '01' },
    { value: 1, hex: '02' },
    { value: 0x7fff_ffff, hex: 'feffffff0f' },
    { value: -0x8000_0000, hex: 'ffffffff0f' },
  ])('zigzag $value is $hex', ({ value, hex }) => {
    expect(written((writer) => writer.varint(value)).toString('hex')).toBe(hex)
    expect(readerOf(hex).varint()).toBe(value)
    expect(written((writer) => writer.varlong(BigInt(value))).toString('hex')).toBe(hex)
    expect(readerOf(hex).varlong()).toBe(BigInt(value))
  })

  test('of 64 bits survive the way', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(new Reader(written((writer) => writer.varlong(value))).varlong()).toBe(value)
      }),
      { seed: 4 },
    )
  })

  test.each([
    { says: 'unsigned beyond 32 bits', read: () => readerOf('ffffffff10').unsignedVarint() },
    { says: 'unsigned without end', read: () => readerOf('ff'.repeat(9)).unsignedVarint() },
    { says: 'long beyond 64 bits', read: () => readerOf(`${'ff'.repeat(9)}02`).varlong() },
    { says: 'long without end', read: () => readerOf('ff'.repeat(12)).varlong() },
    { says: 'cut short', read: () => readerOf('ffff').varint() },
  ])('are refused: $says', ({ read }) => {
    expect(read).toThrow(ProtocolError)
  })
})

describe('a reader refuses', () => {
  test.each([
    {
      says: 'a string beyond the end',
      read: () => readerOf('000461').nullableString(false),
      reason: 'truncated',
    },
    {
      says: 'a length below null',
      read: () => readerOf('fffe61').nullableString(false),
      reason: 'truncated',
    },
    { says: 'null where there is none', read: () => readerOf('ffff').string(false), reason: 'null' },
    { says: 'a string above 32767 bytes', read: () => readerOf('818002').string(true), reason: 'invalid' },
    { says: 'bytes beyond the end', read: () => readerOf('7fffffff').bytes(false), reason: 'truncated' },
    {
      says: 'an array the rest cannot hold',
      read: () => readerOf('0000000300').arrayLength(false, 1),
      reason: 'truncated',
    },
    {
      says: 'an array of negative count',
      read: () => readerOf('fffffffe').arrayLength(false, 1),
      reason: 'truncated',
    },
    { says: 'tags out of order', read: () => readerOf('0202000100').taggedFields(), reason: 'invalid' },
    { says: 'the same tag twice', read: () => readerOf('0202000200').taggedFields(), reason: 'invalid' },
    { says: 'a tag beyond the end', read: () => readerOf('010005ff').taggedFields(), reason: 'truncated' },
    { says: 'more tags than bytes', read: () => readerOf('ffffffff0f').taggedFields(), reason: 'truncated' },
    { says: 'a range outside its buffer', read: () => new Reader(Buffer.alloc(4), 2, 9), reason: 'invalid' },
  ])('$says', ({ read, reason }) => {
    expect(read).toThrow(expect.objectContaining({ name: 'ProtocolError', reason }))
  })

  test('to read beyond the end it was given, even if the buffer goes on', () => {
    const reader = new Reader(Buffer.alloc(16), 4, 7)
    expect(reader.int16()).toBe(0)
    expect(() => reader.int16()).toThrow(ProtocolError)
    expect(reader.remainingBytes).toBe(1)
  })
})

describe('a writer', () => {
  test('keeps large foreign buffers as they are and copies small ones', () => {
    const writer = new Writer(8)
    const large = Buffer.alloc(5_000, 1)
    const small = Buffer.from('small')
    writer.int32(7)
    writer.append(large)
    writer.append(small)
    writer.append(large)
    const chunks = writer.toChunks()
    expect(chunks.filter((chunk) => chunk === large)).toHaveLength(2)
    expect(chunks).toHaveLength(4)
    expect(Buffer.concat(chunks)).toStrictEqual(
      Buffer.concat([Buffer.from([0, 0, 0, 7]), large, small, large]),
    )
    expect(writer.sizeBytes).toBe(4 + 5_000 + 5 + 5_000)
  })

  test('fills a reserved place long after its chunk was left', () => {
    const writer = new Writer(5)
    writer.int8(1)
    const size = writer.reserveInt32()
    for (let index = 0; index < 1_000; index++) writer.nullableString('some text', index % 2 === 0)
    size.set(writer.sizeBytes)
    expect(new Reader(writer.toBuffer(), 1).int32()).toBe(writer.sizeBytes)
  })

  test('gives the same bytes however often it is asked', () => {
    const writer = new Writer(2)
    writer.nullableString('héllo', true)
    const first = writer.toBuffer()
    writer.int8(3)
    expect(writer.toBuffer()).toStrictEqual(Buffer.concat([first, Buffer.from([3])]))
  })

  test.each([
    {
      says: 'an id of the wrong length',
      write: (writer: Writer) => writer.uuid('abc'),
      error: ProtocolError,
    },
    {
      says: 'an id of other characters',
      write: (writer: Writer) => writer.uuid('*'.repeat(22)),
      error: ProtocolError,
    },
    {
      says: 'a string above 32767 bytes',
      write: (writer: Writer) => writer.nullableString('é'.repeat(16_384), true),
      error: ProtocolError,
    },
    { says: 'a number above its type', write: (writer: Writer) => writer.int8(128), error: RangeError },
    { says: 'a fraction as a varint', write: (writer: Writer) => writer.varint(1.5), error: RangeError },
    {
      says: 'a varlong above 64 bits',
      write: (writer: Writer) => writer.varlong(2n ** 63n),
      error: RangeError,
    },
  ])('refuses $says', ({ write, error }) => {
    expect(() => write(new Writer())).toThrow(error)
  })
})
