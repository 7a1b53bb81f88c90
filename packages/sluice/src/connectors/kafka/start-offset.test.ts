import { describe, expect, test } from 'vitest'
import { chooseStart, judgePosition } from './start-offset.ts'

describe('a lane without a position begins', () => {
  test.each([
    { says: 'at the oldest record', start: 'earliest' as const, is: 'earliest' },
    { says: 'at the end', start: 'latest' as const, is: 'latest' },
    { says: 'at an ISO time', start: { time: '2026-01-01T00:00:00Z' }, is: Date.UTC(2026, 0) },
    { says: 'at a time in ms', start: { time: 5 }, is: 5 },
    { says: 'at its offset', start: { offsets: { 1: 42 } }, is: 42n },
    { says: 'at the oldest record when others are named', start: { offsets: { 0: 42 } }, is: 'earliest' },
  ])('$says', ({ start, is }) => {
    expect(chooseStart(start, 1)).toBe(is)
  })
})

describe('a position', () => {
  const range = { topicId: 'new', earliest: 100n, latest: 200n }

  test.each([
    { says: 'that is there is read', offset: 150n, topicId: 'new', policy: 'fail' as const, reads: 150n },
    { says: 'at the very end is read', offset: 200n, topicId: 'new', policy: 'fail' as const, reads: 200n },
    {
      says: 'that was deleted goes on at the oldest',
      offset: 9n,
      topicId: 'new',
      policy: 'earliest' as const,
      reads: 100n,
    },
    {
      says: 'that was deleted goes on at the newest',
      offset: 9n,
      topicId: 'new',
      policy: 'latest' as const,
      reads: 200n,
    },
    { says: 'that was deleted fails', offset: 9n, topicId: 'new', policy: 'fail' as const, reads: null },
    {
      says: 'beyond the end reads what comes there',
      offset: 201n,
      topicId: 'new',
      policy: 'earliest' as const,
      reads: 200n,
    },
    { says: 'beyond the end fails', offset: 201n, topicId: 'new', policy: 'fail' as const, reads: null },
    {
      says: 'of another topic goes on at the oldest',
      offset: 150n,
      topicId: 'old',
      policy: 'earliest' as const,
      reads: 100n,
    },
    { says: 'of another topic fails', offset: 150n, topicId: 'old', policy: 'fail' as const, reads: null },
    {
      says: 'without a topic id is judged by its offset',
      offset: 150n,
      topicId: '',
      policy: 'fail' as const,
      reads: 150n,
    },
  ])('$says', ({ offset, topicId, policy, reads }) => {
    const verdict = judgePosition({ topicId, offset }, range, policy)
    expect(verdict.kind === 'read' ? verdict.offset : null).toBe(reads)
  })

  test('that is gone is never left silently', () => {
    const verdict = judgePosition({ topicId: 'new', offset: 9n }, range, 'earliest')
    expect(verdict).toMatchObject({ problem: '91 records were deleted before they were read' })
  })
})
