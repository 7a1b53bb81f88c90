import { expect, test } from 'vitest'
import { facetCounts, facetOf } from './verdict-facets.ts'

test('groups are counted by what they need', () => {
  const group = (
    verdict: 'stalled' | 'falling_behind' | 'keeping_up' | 'idle' | 'unknown',
    pipeline: string | null,
  ) => ({ verdict, pipeline })
  expect(
    facetCounts([
      group('stalled', null),
      group('falling_behind', 'a'),
      group('keeping_up', 'b'),
      group('unknown', null),
    ]),
  ).toEqual({ all: 4, needs: 2, keeping_up: 1, idle: 0, pipelines: 2, others: 2 })
  expect(facetOf('no such')).toBe('all')
})
