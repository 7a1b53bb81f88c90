import { expect, test } from 'vitest'
import { counted } from './plural.ts'

test('a count and its noun agree', () => {
  expect([0, 1, 2, 12_400].map((count) => counted(count, 'record'))).toEqual([
    'no record',
    '1 record',
    '2 records',
    '12,400 records',
  ])
  expect(counted(2, 'query', 'queries')).toBe('2 queries')
})
