import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Assignor, PartitionCounts, Shares, Subscriber } from './assignor.ts'
import { assignors } from './index.ts'

const member = (
  memberId: string,
  topics: readonly string[],
  owned: Readonly<Record<string, readonly number[]>> = {},
  generation = -1,
  instanceId: string | null = null,
): Subscriber => ({ memberId, instanceId, topics, owned: new Map(Object.entries(owned)), generation })

const plain = (shares: Shares): Record<string, Record<string, readonly number[]>> =>
  Object.fromEntries(Array.from(shares, ([memberId, share]) => [memberId, Object.fromEntries(share)]))

const sizeOf = (shares: Shares, memberId: string): number =>
  [...(shares.get(memberId) ?? [])].reduce((sum, [, partitions]) => sum + partitions.length, 0)

const holderOf = (shares: Shares): Map<string, string> =>
  new Map(
    [...shares].flatMap(([memberId, share]) =>
      [...share].flatMap(([topic, partitions]) =>
        partitions.map((partition): [string, string] => [`${topic}/${partition}`, memberId]),
      ),
    ),
  )

/** The members after a rebalance, as they would say it in the next. */
const holding = (members: readonly Subscriber[], shares: Shares, generation: number): readonly Subscriber[] =>
  members.map((each) => ({ ...each, owned: shares.get(each.memberId) ?? new Map(), generation }))

const topicNames = ['a', 'b', 'c']

const groups = fc.record({
  counts: fc
    .tuple(...topicNames.map(() => fc.integer({ min: 0, max: 12 })))
    .map((sizes): PartitionCounts => new Map(topicNames.map((name, i) => [name, sizes[i] ?? 0]))),
  members: fc
    .array(fc.tuple(fc.subarray(topicNames, { minLength: 1 }), fc.boolean()), { minLength: 1, maxLength: 9 })
    .map((all) =>
      all.map(([topics, isStatic], i) => member(`m${i}`, topics, {}, -1, isStatic ? `s${9 - i}` : null)),
    ),
})

const all: readonly Assignor[] = Object.values(assignors)

describe.each(all)('$name', (assignor) => {
  test('gives every partition that somebody wants to one member, who wants it', () => {
    fc.assert(
      fc.property(groups, ({ counts, members }) => {
        const shares = assignor.assign(members, counts)
        const given = [...shares].flatMap(([memberId, share]) =>
          [...share].flatMap(([topic, partitions]) => {
            expect(members.find((each) => each.memberId === memberId)?.topics).toContain(topic)
            return partitions.map((partition) => `${topic}/${partition}`)
          }),
        )
        const wanted = [...counts].flatMap(([topic, count]) =>
          members.some(({ topics }) => topics.includes(topic))
            ? Array.from({ length: count }, (_, partition) => `${topic}/${partition}`)
            : [],
        )
        expect(given.toSorted()).toEqual(wanted.toSorted())
        expect([...shares.keys()].toSorted()).toEqual(members.map(({ memberId }) => memberId).toSorted())
      }),
      { seed: 1 },
    )
  })

  test('gives the same whatever the order of the members', () => {
    fc.assert(
      fc.property(groups, ({ counts, members }) => {
        expect(plain(assignor.assign(members.toReversed(), counts))).toEqual(
          plain(assignor.assign(members, counts)),
        )
      }),
      { seed: 2 },
    )
  })

  test('ignores user data that means nothing', () => {
    const bytes = Buffer.from('ffffffff7fffffff00', 'hex')
    const subscriber = member('m', ['a'], { a: [1] }, 5)
    expect(assignor.withUserData(subscriber, bytes)).toEqual(subscriber)
    expect(assignor.withUserData(subscriber, null)).toEqual(subscriber)
  })
})

test.each([
  {
    name: 'range' as const,
    shares: { m0: { a: [0, 1], b: [0, 1] }, m1: { a: [2], b: [2] } },
  },
  {
    name: 'roundrobin' as const,
    shares: { m0: { a: [0, 2], b: [1] }, m1: { a: [1], b: [0, 2] } },
  },
])('$name shares as Java’s assignor of that name', ({ name, shares }) => {
  const members = [member('m0', ['a', 'b']), member('m1', ['a', 'b'])]
  const counts = new Map([
    ['a', 3],
    ['b', 3],
  ])
  expect(plain(assignors[name].assign(members, counts))).toEqual(shares)
})

test('static members keep their places when they come back under another id', () => {
  const counts = new Map([['a', 5]])
  for (const name of ['range', 'roundrobin'] as const) {
    const before = assignors[name].assign(
      [member('x', ['a'], {}, -1, 's1'), member('y', ['a'], {}, -1, 's2')],
      counts,
    )
    const after = assignors[name].assign(
      [member('z', ['a'], {}, -1, 's1'), member('y', ['a'], {}, -1, 's2')],
      counts,
    )
    expect(after.get('z')).toEqual(before.get('x'))
  }
})

describe('sticky', () => {
  const { assign } = assignors.sticky

  test('leaves nobody with two partitions more than another who could have one of them', () => {
    fc.assert(
      fc.property(groups, fc.array(fc.nat(8), { maxLength: 4 }), ({ counts, members }, leaving) => {
        const first = assign(members, counts)
        const stay = holding(members, first, 1).filter((_, i) => i === 0 || !leaving.includes(i))
        const shares = assign(stay, counts)
        for (const [memberId, share] of shares) {
          for (const topic of share.keys()) {
            for (const other of stay.filter(({ topics }) => topics.includes(topic))) {
              expect(sizeOf(shares, memberId) - sizeOf(shares, other.memberId)).toBeLessThan(2)
            }
          }
        }
      }),
      { seed: 3 },
    )
  })

  test('moves nothing when nothing changed, and only what nobody held when a member left', () => {
    const alike = groups.map(({ counts, members }) => ({
      counts,
      members: members.map((each) => ({ ...each, topics: topicNames })),
    }))
    fc.assert(
      fc.property(alike, ({ counts, members }) => {
        const first = assign(members, counts)
        const again = holding(members, first, 1)
        expect(plain(assign(again, counts))).toEqual(plain(first))
        const rest = again.slice(1)
        if (rest.length === 0) return
        const before = holderOf(first)
        for (const [partition, holder] of holderOf(assign(rest, counts))) {
          const former = before.get(partition)
          expect([partition, former === 'm0' ? 'm0' : holder]).toEqual([partition, former])
        }
      }),
      { seed: 4 },
    )
  })

  test('moves as few as must when a member comes', () => {
    const alike = groups.map(({ counts, members }) => ({
      counts,
      members: members.map((each) => ({ ...each, topics: topicNames })),
    }))
    fc.assert(
      fc.property(alike, ({ counts, members }) => {
        const first = assign(members, counts)
        const joined = [...holding(members, first, 1), member('new', topicNames)]
        const shares = assign(joined, counts)
        const before = holderOf(first)
        const moved = [...holderOf(shares)].filter(([partition, holder]) => before.get(partition) !== holder)
        expect(moved.every(([, holder]) => holder === 'new')).toBe(true)
      }),
      { seed: 5 },
    )
  })

  test('believes the later generation, and nobody where two of the same claim a partition', () => {
    const counts = new Map([['a', 2]])
    const zombie = member('m0', ['a'], { a: [0, 1] }, 3)
    expect(plain(assign([zombie, member('m1', ['a'], { a: [0] }, 4)], counts))).toEqual({
      m0: { a: [1] },
      m1: { a: [0] },
    })
    const both = assign([zombie, member('m1', ['a'], { a: [0] }, 3)], counts)
    expect(sizeOf(both, 'm0')).toBe(1)
    expect(both.get('m0')?.get('a')).toEqual([1])
  })

  test('reads back what it tells of a member, also in the form without a generation', () => {
    const { userData, withUserData } = assignors.sticky
    const held = new Map([
      ['a', [0, 3]],
      ['ü', [1]],
    ])
    const bytes = userData(held, 7)
    const blank = member('m', ['a'])
    expect(withUserData(blank, bytes)).toEqual({ ...blank, owned: held, generation: 7 })
    expect(withUserData(blank, bytes?.subarray(0, -4) ?? null)).toEqual({
      ...blank,
      owned: held,
      generation: -1,
    })
  })
})

describe('cooperative-sticky', () => {
  const { assign } = assignors['cooperative-sticky']
  const alike = groups.map(({ counts, members }) => ({
    counts,
    members: members.map((each) => ({ ...each, topics: topicNames })),
  }))

  /** Rebalances after some members joined, until one changes nothing; checks each of them. */
  const settle = (
    members: readonly Subscriber[],
    counts: PartitionCounts,
    late: readonly number[],
  ): { readonly rebalances: number; readonly shares: Shares } => {
    const early = members.filter((_, i) => i === 0 || !late.includes(i))
    let shares = assign(early, counts)
    for (let rebalances = 1; rebalances < 20; rebalances++) {
      const held = shares
      const before = holderOf(held)
      const next = assign(
        members.map((each) =>
          held.has(each.memberId)
            ? { ...each, owned: held.get(each.memberId) ?? new Map(), generation: rebalances }
            : each,
        ),
        counts,
      )
      for (const [partition, holder] of holderOf(next)) {
        expect([partition, holder]).toEqual([partition, before.get(partition) ?? holder])
      }
      if (JSON.stringify(plain(next)) === JSON.stringify(plain(held))) return { rebalances, shares }
      shares = next
    }
    throw new Error('it does not settle')
  }

  test('never gives a partition to one member while another holds it, and settles with all of them given', () => {
    fc.assert(
      fc.property(groups, fc.array(fc.nat(8), { maxLength: 4 }), ({ counts, members }, late) => {
        const { shares } = settle(members, counts, late)
        expect(holderOf(shares).size).toBe(holderOf(assignors.sticky.assign(members, counts)).size)
      }),
      { seed: 6, numRuns: 1_000 },
    )
  })

  test('needs two rebalances where all want the same topics', () => {
    fc.assert(
      fc.property(alike, fc.array(fc.nat(8), { maxLength: 4 }), ({ counts, members }, late) => {
        // The third finds nothing to change.
        expect(settle(members, counts, late).rebalances).toBeLessThanOrEqual(3)
      }),
      { seed: 7 },
    )
  })
})
