import { describe, expect, test } from 'vitest'
import { bodyOf, movesText, type Plan, resetCommand } from './reset-plan.ts'

const plan: Plan = { topic: 'orders', to: 'earliest', time: '', offset: '' }

describe('moving a group', () => {
  test.each([
    { says: 'to the oldest', plan, body: { topic: 'orders', to: 'earliest', dry_run: true } },
    {
      says: 'to an offset',
      plan: { ...plan, to: 'offset', offset: '9007199254740993' },
      body: { topic: 'orders', to: 'offset', offset: '9007199254740993', dry_run: true },
    },
    { says: 'to no offset', plan: { ...plan, to: 'offset', offset: 'x' }, body: null },
    { says: 'to no time', plan: { ...plan, to: 'time' }, body: null },
    {
      says: 'to a time',
      plan: { ...plan, to: 'time', time: '2026-11-21T09:00:00Z' },
      body: { topic: 'orders', to: 'time', time: '2026-11-21T09:00:00.000Z', dry_run: true },
    },
  ] as const)('asks $says', ({ plan: asked, body }) => {
    expect(bodyOf(asked, true)).toEqual(body)
  })

  test('can be typed', () => {
    expect(resetCommand('billing', plan)).toBe(
      './sluice groups reset billing --topic orders --to earliest --apply',
    )
  })

  test('says what it means', () => {
    const move = (records: number | null) => ({ partition: 0, before: '0', after: '0', records })
    expect(movesText([move(-1_200), move(3), move(null)])).toBe(
      'It reads 1,200 messages again, leaves out 3, begins in 1 partitions where it had no position.',
    )
    expect(movesText([move(0)])).toBe('It stays where it is.')
  })
})
