import { describe, expect, test } from 'vitest'
import type { TopicMetadata } from './cluster.ts'
import { newestOf } from './known-leaders.ts'

/** A topic with one partition for each leader and its epoch. */
const topic = (
  id: string,
  ...leads: readonly (readonly [leader: number, epoch: number])[]
): TopicMetadata => ({
  name: 't',
  id,
  internal: false,
  partitions: leads.map(([leader, leaderEpoch], partition) => ({
    partition,
    leader,
    leaderEpoch,
    replicas: [leader],
    inSyncReplicas: [leader],
  })),
})

describe('of what two brokers tell of a topic', () => {
  test.each([
    { says: 'a newer epoch counts', known: topic('A', [1, 4]), told: topic('A', [2, 5]), leaders: [2] },
    { says: 'an older epoch does not', known: topic('A', [1, 4]), told: topic('A', [2, 3]), leaders: [1] },
    {
      says: 'each partition counts for itself',
      known: topic('A', [1, 4], [1, 7]),
      told: topic('A', [2, 5], [2, 6]),
      leaders: [2, 1],
    },
    {
      says: 'the later of equal epochs counts',
      known: topic('A', [1, 4]),
      told: topic('A', [-1, 4]),
      leaders: [-1],
    },
    {
      says: 'a topic made anew begins again',
      known: topic('A', [1, 4]),
      told: topic('B', [2, 0]),
      leaders: [2],
    },
    { says: 'without ids the later counts', known: topic('', [1, 4]), told: topic('', [2, 3]), leaders: [2] },
    {
      says: 'an unknown epoch is the oldest',
      known: topic('A', [1, 0]),
      told: topic('A', [2, -1]),
      leaders: [1],
    },
    {
      says: 'a partition that was added is there',
      known: topic('A', [1, 4]),
      told: topic('A', [1, 4], [2, 0]),
      leaders: [1, 2],
    },
  ])('$says', ({ known, told, leaders }) => {
    expect(newestOf(known, told).partitions.map(({ leader }) => leader)).toStrictEqual(leaders)
  })

  test('the first that is told counts', () => {
    expect(newestOf(undefined, topic('A', [1, 0]))).toStrictEqual(topic('A', [1, 0]))
  })
})
