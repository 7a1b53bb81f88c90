import { describe, expect, test } from 'vitest'
import { storableJson, storableText, storableTime } from './storable.ts'

const nul = String.fromCharCode(0)
const half = String.fromCharCode(0xd83d)

describe('what PostgreSQL can hold', () => {
  test.each([
    { says: 'plain', text: 'größer 💧', stored: 'größer 💧' },
    { says: 'U+0000', text: `a${nul}b`, stored: 'a\uFFFDb' },
    { says: 'half of a pair', text: `a${half}b`, stored: 'a\uFFFDb' },
    {
      says: 'a backslash before u0000',
      text: String.raw`C:\u0000 \\ud83d`,
      stored: String.raw`C:\u0000 \\ud83d`,
    },
  ])('$says', ({ text, stored }) => {
    expect(storableText(text)).toBe(stored)
    expect(JSON.parse(storableJson({ [text]: [text, 1, null] }))).toEqual({ [stored]: [stored, 1, null] })
  })
})

test.each([
  { ms: 0, stored: '1970-01-01T00:00:00.000Z' },
  { ms: 1e18, stored: '+275760-09-13T00:00:00.000Z' },
  { ms: -1e18, stored: '0001-01-01T00:00:00.000Z' },
])('the time $ms is stored as $stored', ({ ms, stored }) => {
  expect(storableTime(ms).toISOString()).toBe(stored)
})
