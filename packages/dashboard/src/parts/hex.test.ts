import { expect, test } from 'vitest'
import { bytesOfBase64, hexRow, hexRowCount, textOfBytes } from './hex.ts'

test('a hex view shows place, bytes and what reads as text', () => {
  const bytes = new TextEncoder().encode('{"city":"Köln","n":1}')
  expect(hexRowCount(bytes)).toBe(2)
  expect(hexRow(bytes, 0)).toEqual({
    place: '00000000',
    hex: '7b 22 63 69 74 79 22 3a  22 4b c3 b6 6c 6e 22 2c',
    text: '{"city":"K··ln",',
  })
  expect(hexRow(bytes, 1)).toEqual({
    place: '00000010',
    hex: `22 6e 22 3a 31 7d      ${' '.repeat(25)}`,
    text: '"n":1}',
  })
})

test.each([
  { says: 'text', base64: 'eyJhIjoxfQ==', text: '{"a":1}' },
  { says: 'a byte order mark', base64: '77u/YQ==', text: '\uFEFFa' },
  { says: 'no UTF-8', base64: '/w==', text: null },
])('bytes of base64 keep $says', ({ base64, text }) => {
  expect(textOfBytes(bytesOfBase64(base64) ?? new Uint8Array())).toBe(text)
})

test('what is no base64 is told from bytes', () => {
  expect(bytesOfBase64('not base64!')).toBeNull()
})
