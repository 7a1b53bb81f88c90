import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

/** The definition, bit by bit. */
const slowCrc32c = (bytes: Uint8Array): number => {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  return ~crc >>> 0
}

// The first is the check value of the catalogue of CRCs, the others are from RFC 3720, B.4.
test.each([
  { says: 'the digits', bytes: Buffer.from('123456789'), crc: 0xe306_9283 },
  { says: 'nothing', bytes: Buffer.alloc(0), crc: 0 },
  { says: '32 zeros', bytes: Buffer.alloc(32), crc: 0x8a91_36aa },
  { says: '32 times 0xff', bytes: Buffer.alloc(32, 0xff), crc: 0x62a8_ab43 },
  { says: '0 to 31', bytes: Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), crc: 0x46dd_794e },
])('the checksum of $says is known', ({ bytes, crc }) => {
  expect(crc32c(bytes)).toBe(crc)
})

test('bytes of any length and alignment give what the definition gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 7 }), (bytes, shift) => {
      const shifted = new Uint8Array(bytes.length + shift)
      shifted.set(bytes, shift)
      expect(crc32c(shifted.subarray(shift))).toBe(slowCrc32c(bytes))
    }),
    { seed: 3, numRuns: 500 },
  )
})
