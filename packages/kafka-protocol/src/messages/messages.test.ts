import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '../codec/message.ts'
import { ProtocolError } from '../codec/protocol-error.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { messages } from './list.ts'
import { valuesOf } from './shape-values.suite.ts'

const seed = 20_261_121

type Direction = {
  readonly says: string
  readonly version: number
  readonly values: fc.Arbitrary<unknown>
  readonly encode: (value: unknown) => Buffer
  readonly decode: (bytes: Buffer) => unknown
}

const encoded = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(16)
  write(writer)
  return writer.toBuffer()
}

const decodedWhole = (bytes: Buffer, read: (reader: Reader) => unknown): unknown => {
  const reader = new Reader(bytes)
  const value = read(reader)
  if (reader.remainingBytes > 0)
    throw new ProtocolError('invalid', `${reader.remainingBytes} bytes left over`)
  return value
}

const directionsOf = (message: Message): Direction[] =>
  Array.from({ length: message.versionMax - message.versionMin + 1 }, (_, index) => {
    const version = message.versionMin + index
    const isFlexible = message.isFlexible(version)
    return [
      {
        says: `${message.name} request v${version}`,
        version,
        values: valuesOf(message.requestShape, version, isFlexible),
        encode: (value: unknown) =>
          encoded((writer) => message.encodeRequest(version, value as never, writer)),
        decode: (bytes: Buffer) => decodedWhole(bytes, (reader) => message.decodeRequest(version, reader)),
      },
      {
        says: `${message.name} response v${version}`,
        version,
        values: valuesOf(message.responseShape, version, isFlexible),
        encode: (value: unknown) =>
          encoded((writer) => message.encodeResponse(version, value as never, writer)),
        decode: (bytes: Buffer) => decodedWhole(bytes, (reader) => message.decodeResponse(version, reader)),
      },
    ]
  }).flat()

/** What a decoder makes of bytes that may be anything: a value, a ProtocolError, or something it must never throw. */
const outcomeOf = (decode: (bytes: Buffer) => unknown, bytes: Buffer): unknown => {
  try {
    decode(bytes)
    return 'a value or a ProtocolError'
  } catch (error) {
    return error instanceof ProtocolError ? 'a value or a ProtocolError' : error
  }
}

describe.each(messages.flatMap(directionsOf))('$says', ({ values, encode, decode }) => {
  test('decodes what it encoded', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toStrictEqual(value)
      }),
      { seed, numRuns: 25 },
    )
  })

  test('refuses every frame that is cut short', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value)
        for (let size = 0; size < bytes.length; size++) {
          expect(() => decode(bytes.subarray(0, size))).toThrow(ProtocolError)
        }
      }),
      { seed, numRuns: 3 },
    )
  })

  test('answers damaged and random bytes with a value or a ProtocolError, nothing else', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(values, damage, fc.uint8Array({ maxLength: 60 }), (value, changes, noise) => {
        const bytes = encode(value)
        for (const [position, byte] of changes) {
          if (bytes.length > 0) bytes[position % bytes.length] = byte
        }
        expect(outcomeOf(decode, bytes)).toBe('a value or a ProtocolError')
        expect(outcomeOf(decode, Buffer.from(noise))).toBe('a value or a ProtocolError')
      }),
      { seed, numRuns: 40 },
    )
  })
})

test('every key is listed once, in order', () => {
  const keys = messages.map((message) => message.key)
  expect(keys).toStrictEqual([...new Set(keys)].toSorted((a, b) => a - b))
})

test.each(messages.map((message) => ({ name: message.name, message })))(
  '$name refuses versions outside its range',
  ({ message }) => {
    const outside = [message.versionMin - 1, message.versionMax + 1, 0.5, Number.NaN]
    for (const version of outside) {
      expect(() => message.decodeRequest(version, new Reader(Buffer.alloc(100)))).toThrow(ProtocolError)
      expect(() => message.decodeResponse(version, new Reader(Buffer.alloc(100)))).toThrow(ProtocolError)
      expect(message.hasVersion(version)).toBe(false)
    }
  },
)
