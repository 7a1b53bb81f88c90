import { expect, test } from 'vitest'
import { indexJson } from '../../parts/json/scan.ts'
import { nodeAt } from '../../parts/json/tree.ts'
import { changeText, timeNote } from './changes.ts'

const before = indexJson('{"temperature":40.6,"n":9007199254740993,"list":[1,2],"unit":"C"}')

test.each([
  {
    says: 'tells how a number changed',
    after: '{"temperature":41.2}',
    path: ['temperature'],
    note: '+0.6 in 1.7 s',
  },
  { says: 'within lists too', after: '{"list":[1,0]}', path: ['list', 1], note: '−2 in 1.7 s' },
  { says: 'not of equal numbers', after: '{"temperature":40.6}', path: ['temperature'], note: null },
  { says: 'not of numbers that would be rounded', after: '{"n":9007199254740995}', path: ['n'], note: null },
  { says: 'not where there was no number', after: '{"unit":3}', path: ['unit'], note: null },
  { says: 'not of new fields', after: '{"new":3}', path: ['new'], note: null },
])('a change $says', ({ after, path, note }) => {
  const index = indexJson(after)
  expect(changeText(index, nodeAt(index, path) ?? -1, before, 1.7)).toBe(note)
})

test('times say how long ago they were', () => {
  const index = indexJson('["2026-11-21T08:14:57.455Z","soon","2027-01-01T00:00:00Z"]')
  const now = Date.parse('2026-11-21T08:15:00.500Z')
  expect([1, 2, 3].map((node) => timeNote(index, node, now))).toEqual(['3 s ago', null, null])
})
