import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignPartitions, type Subscriber } from './assignment.ts'

const member = (memberId: string, owned: readonly number[] = [], topics = ['t']): Subscriber => ({
  memberId,
  topics,
  owned: new Map([['t', owned]]),
})

const sharesOf = (members: readonly Subscriber[], partitions: number): Record<string, readonly number[]> =>
  Object.fromEntries(
    Array.from(assignPartitions(members, new Map([['t', partitions]])), ([id, share]) => [
      id,
      share.get('t') ?? [],
    ]),
  )

describe('partitions', () => {
  test.each([
    { says: 'all go to the only member', members: [member('a')], is: { a: [0, 1, 2] } },
    { says: 'are shared evenly', members: [member('a'), member('b')], is: { a: [0, 2], b: [1] } },
    {
      says: 'stay where they were as far as that is even',
      members: [member('a'), member('b', [0, 1, 2])],
      is: { a: [2], b: [0, 1] },
    },
    {
      says: 'leave members without any when there are too few',
      members: [member('a'), member('b'), member('c'), member('d')],
      is: { a: [0], b: [1], c: [2], d: [] },
    },
    {
      says: 'go only to members that subscribed to the topic',
      members: [member('a', [], ['other']), member('b')],
      is: { a: [], b: [0, 1, 2] },
    },
    {
      says: 'that two members claim go to one of them',
      members: [member('a', [0, 1]), member('b', [0, 1])],
      is: { a: [0, 1], b: [2] },
    },
  ])('$says', ({ members, is }) => {
    expect(sharesOf(members, 3)).toStrictEqual(is)
  })

  test('are each given once, evenly, whatever the members had', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(fc.nat(14)), { minLength: 6, maxLength: 6 }),
        fc.nat(12),
        (ids, owned, partitions) => {
          const members = ids.map((id, index) => member(id, owned[index] ?? []))
          const shares = Object.values(sharesOf(members, partitions))
          expect(shares.flat().sort((a, b) => a - b)).toStrictEqual(
            Array.from({ length: partitions }, (_, i) => i),
          )
          const sizes = shares.map((share) => share.length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        },
      ),
      { seed: 7 },
    )
  })

  test('stay put when nothing changed', () => {
    const first = sharesOf([member('a'), member('b'), member('c')], 7)
    const again = Object.entries(first).map(([id, share]) => member(id, share))
    expect(sharesOf(again, 7)).toStrictEqual(first)
  })
})
