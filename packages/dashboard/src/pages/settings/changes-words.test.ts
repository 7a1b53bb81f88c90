import { expect, test } from 'vitest'
import { changeLines } from './changes-words.ts'

const nothing = { added: [], changed: [], removed: [] }

test.each([
  {
    says: 'nothing where nothing changes',
    changes: { pipelines: { ...nothing, restarted: [] }, topics: nothing, restart: [] },
    lines: [],
  },
  {
    says: 'what comes, what starts again, what waits for the next start',
    changes: {
      pipelines: { added: ['a'], changed: ['b', 'c'], removed: [], restarted: ['b'] },
      topics: { ...nothing, removed: ['t'] },
      restart: ['http'],
    },
    lines: [
      'Pipeline added: a',
      'Pipelines changed: b, c',
      'Stop, and start again from their positions: b',
      'Topic removed: t',
      'Taken at the next start only: http',
    ],
  },
])('says $says', ({ changes, lines }) => {
  expect(changeLines(changes)).toEqual(lines)
})
