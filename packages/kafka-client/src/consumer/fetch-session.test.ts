import { describe, expect, test } from 'vitest'
import { FetchSession, type WantedPartition } from './fetch-session.ts'

const want = (partition: number, offset: number, over: Partial<WantedPartition> = {}): WantedPartition => ({
  topic: 't',
  topicId: 'A',
  partition,
  leaderEpoch: 4,
  offset: BigInt(offset),
  bytesMax: 100,
  ...over,
})

const numbers = (partitions: readonly WantedPartition[]): number[] =>
  partitions.map(({ partition }) => partition)

/** A session that the broker took up, knowing partitions 0 to 2 at offset 0. */
const begun = (): FetchSession => {
  const session = new FetchSession()
  session.plan([want(0, 0), want(1, 0), want(2, 0)])
  session.answered(7)
  return session
}

describe('a fetch session', () => {
  test('begins by naming everything', () => {
    const session = new FetchSession()
    expect(session.plan([want(0, 0), want(1, 5)])).toStrictEqual({
      sessionId: 0,
      sessionEpoch: 0,
      named: [want(0, 0), want(1, 5)],
      forgotten: [],
    })
    expect(session.isIncremental).toBe(false)
  })

  test.each([
    {
      says: 'nothing when nothing changed',
      wanted: [want(2, 0), want(0, 0), want(1, 0)],
      named: [],
      forgotten: [],
    },
    { says: 'what was read', wanted: [want(0, 9), want(1, 0), want(2, 0)], named: [0], forgotten: [] },
    {
      says: 'what is new',
      wanted: [want(0, 0), want(1, 0), want(2, 0), want(3, 0)],
      named: [3],
      forgotten: [],
    },
    { says: 'what is wanted no longer', wanted: [want(1, 0)], named: [], forgotten: [0, 2] },
    {
      says: 'another bound',
      wanted: [want(0, 0, { bytesMax: 9 }), want(1, 0), want(2, 0)],
      named: [0],
      forgotten: [],
    },
    {
      says: 'another leader epoch',
      wanted: [want(0, 0), want(1, 0, { leaderEpoch: 5 }), want(2, 0)],
      named: [1],
      forgotten: [],
    },
    {
      says: 'a topic made anew, and forgets the former',
      wanted: [want(0, 0, { topicId: 'B' })],
      named: [0],
      forgotten: [0, 1, 2],
    },
  ])('names $says', ({ wanted, named, forgotten }) => {
    const plan = begun().plan(wanted)
    expect([plan.sessionId, plan.sessionEpoch]).toStrictEqual([7, 1])
    expect(numbers(plan.named)).toStrictEqual(named)
    expect(numbers(plan.forgotten)).toStrictEqual(forgotten)
  })

  test('counts its answers', () => {
    const session = begun()
    session.plan([want(0, 1)])
    session.answered(7)
    expect(session.plan([want(0, 1)])).toMatchObject({ sessionId: 7, sessionEpoch: 2, named: [] })
  })

  test.each([
    { says: 'the broker keeps it no longer', end: (session: FetchSession): void => session.answered(0) },
    { says: 'it was lost', end: (session: FetchSession): void => session.reset() },
  ])('begins anew when $says', ({ end }) => {
    const session = begun()
    end(session)
    const plan = session.plan([want(0, 0)])
    expect(plan).toMatchObject({ sessionId: 0, sessionEpoch: 0, forgotten: [] })
    expect(numbers(plan.named)).toStrictEqual([0])
  })
})
