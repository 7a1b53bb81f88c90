/** What memberships of consumer groups promise, by every protocol and assignor that a broker has. */
import { committedOffsets, KafkaCluster } from 'sluice-kafka-client/parts'
import { ConsumerGroupHeartbeat } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { clientOf, describeBrokers, newTopic, uniqueName } from '../kafka/brokers.ts'
import {
  CommitWatch,
  isShared,
  type MemberSettings,
  partitionNames,
  TestMember,
  untilHolds,
} from './members.ts'

const kinds: readonly (Partial<MemberSettings> & { readonly says: string })[] = [
  { says: 'range', assignors: ['range'] },
  { says: 'roundrobin', assignors: ['roundrobin'] },
  { says: 'sticky', assignors: ['sticky'] },
  { says: 'cooperative-sticky', assignors: ['cooperative-sticky'] },
  { says: 'the new protocol', protocol: 'consumer' },
]

describeBrokers('a membership', (at) => {
  const start = (name: string, settings: MemberSettings): TestMember =>
    new TestMember(at().address, name, settings)
  const untilShared = (members: readonly TestMember[], wanted: readonly string[], withinMs?: number) =>
    untilHolds(
      `${members.length} members share ${wanted.length} partitions`,
      () => isShared(members, wanted),
      () => members.map(({ name, events, problem }) => ({ name, events, problem: String(problem) })),
      withinMs,
    )
  const isOffered = async (kind: Partial<MemberSettings>): Promise<boolean> => {
    if (kind.protocol !== 'consumer') return true
    using cluster = new KafkaCluster({ brokers: [at().address], tls: false, sasl: null, clientId: 'asks' })
    const connection = await cluster.anyConnection('control')
    return connection.offers(ConsumerGroupHeartbeat)
  }

  describe.each(kinds)('by $says', (kind) => {
    test('shares the partitions of several topics, and takes over from one that leaves', async (test) => {
      if (!(await isOffered(kind))) return test.skip('the broker does not have it')
      const group = uniqueName('group')
      const topics = [await newTopic(at(), { partitions: 3 }), await newTopic(at(), { partitions: 2 })]
      const all = topics.flatMap((topic, i) => partitionNames(topic, i === 0 ? 3 : 2))
      await using one = start('one', { group, topics, ...kind })
      await untilShared([one], all)
      const two = start('two', { group, topics, ...kind })
      await untilHolds('two has some', () => two.partitions.length > 0)
      await untilShared([one, two], all)
      const watch = new CommitWatch()
      await Promise.all([one.commit(watch, 5n), two.commit(watch, 5n)])
      expect(watch.taken).toBe(5)
      using cluster = new KafkaCluster({ brokers: [at().address], tls: false, sasl: null, clientId: 'asks' })
      const asked = new Map(topics.map((topic) => [topic, [0, 1]]))
      const committed = await committedOffsets(cluster, group, asked, true)
      expect(committed.map(({ offset }) => offset)).toEqual([5n, 5n, 5n, 5n])
      await two[Symbol.asyncDispose]()
      await untilShared([one], all)
    })

    test('waits for work in flight before a partition goes, and lives through it', async (test) => {
      if (!(await isOffered(kind))) return test.skip('the broker does not have it')
      const group = uniqueName('group')
      const topic = await newTopic(at(), { partitions: 4 })
      // Longer than any heartbeat.
      await using one = start('one', { group, topics: [topic], workMs: () => 2_000, ...kind })
      await untilShared([one], partitionNames(topic, 4))
      await using two = start('two', { group, topics: [topic], ...kind })
      let overlap: string[] = []
      await untilHolds('two has its share', () => {
        overlap = [...overlap, ...two.partitions.filter((name) => one.partitions.includes(name))]
        return two.partitions.length === 2
      })
      await untilShared([one, two], partitionNames(topic, 4))
      expect(overlap).toEqual([])
      expect(one.events.filter((event) => event.startsWith('lost'))).toEqual([])
    })

    test('gets what a member had that died without a word', async (test) => {
      if (!(await isOffered(kind))) return test.skip('the broker does not have it')
      const group = uniqueName('group')
      const topic = await newTopic(at(), { partitions: 4 })
      await using one = start('one', { group, topics: [topic], ...kind })
      const two = start('two', { group, topics: [topic], ...kind })
      await untilHolds('both have some', () => one.partitions.length === 2 && two.partitions.length === 2)
      await two.die()
      await untilShared([one], partitionNames(topic, 4), 60_000)
      expect(one.partitions).toEqual(partitionNames(topic, 4))
    })
  })

  describe.each(
    kinds.filter(
      ({ protocol, assignors }) => protocol === 'consumer' || assignors?.[0] === 'cooperative-sticky',
    ),
  )('by $says', (kind) => {
    test('keeps working on what stays its own while others join', async (test) => {
      if (!(await isOffered(kind))) return test.skip('the broker does not have it')
      const group = uniqueName('group')
      const topic = await newTopic(at(), { partitions: 6 })
      await using one = start('one', { group, topics: [topic], ...kind })
      await untilShared([one], partitionNames(topic, 6))
      const before = one.partitions
      await using two = start('two', { group, topics: [topic], ...kind })
      await untilHolds('two has its share', () => two.partitions.length === 3)
      await untilShared([one, two], partitionNames(topic, 6))
      const given = one.events
        .filter((event) => event.startsWith('assigned '))
        .flatMap((event) => event.split(' ').slice(1))
        .filter((name) => name !== '')
      // Nothing that it had was given to it again.
      expect(given.toSorted()).toEqual(before.toSorted())
    })
  })

  test('takes in partitions that are added, and topics that come to match its pattern', async () => {
    const group = uniqueName('group')
    const prefix = uniqueName('pattern')
    const first = await newTopic(at(), { name: `${prefix}-a`, partitions: 1 })
    await using one = start('one', { group, topics: new RegExp(`${prefix}-.`) })
    await untilShared([one], [`${first}/0`])
    const second = await newTopic(at(), { name: `${prefix}-b`, partitions: 1 })
    await newTopic(at(), { name: `${prefix}-not`, partitions: 1 })
    await untilShared([one], [`${first}/0`, `${second}/0`])
    await using admin = await clientOf(at()).admin()
    await admin.addPartitions(first, 3)
    await untilShared([one], [...partitionNames(first, 3), `${second}/0`])
    expect(one.partitions).toContain(`${first}/2`)
  })

  test('comes back under its name without a rebalance, and stops where another takes its name', async () => {
    const group = uniqueName('group')
    const topic = await newTopic(at(), { partitions: 4 })
    const settings = { group, topics: [topic], sessionTimeoutMs: 20_000 }
    await using other = start('other', { ...settings, instanceId: 'other' })
    const first = start('first', { ...settings, instanceId: 'me' })
    await untilHolds('both have two', () => other.partitions.length === 2 && first.partitions.length === 2)
    const had = first.partitions
    const seen = other.events.length
    await first[Symbol.asyncDispose]()
    await using again = start('again', { ...settings, instanceId: 'me' })
    await untilHolds('it is back', () => again.partitions.length === 2)
    expect(again.partitions).toEqual(had)
    expect(other.events.slice(seen)).toEqual([])
    await using thief = start('thief', { ...settings, instanceId: 'me' })
    await untilHolds('the thief has them', () => thief.partitions.length === 2)
    await untilHolds('the other gave up', () => again.hasEnded)
    expect(again.partitions).toEqual([])
    expect(String(again.problem)).toContain('FENCED_INSTANCE_ID')
  })

  test('is told that it lost its partitions, and its late commits are refused', async () => {
    const group = uniqueName('group')
    const topic = await newTopic(at(), { partitions: 2 })
    // Beats so seldom that its session ends.
    await using slow = start('slow', { group, topics: [topic], sessionTimeoutMs: 6_000, heartbeatMs: 12_000 })
    await untilShared([slow], partitionNames(topic, 2))
    await using quick = start('quick', { group, topics: [topic] })
    await untilHolds(
      'quick has all',
      () => quick.partitions.length === 2,
      () => quick.events,
      40_000,
    )
    await quick.commit(new CommitWatch(), 2n)
    const late = slow.membership.commit([{ topic, partition: 0, offset: 1n }])
    await expect(late).rejects.toMatchObject({ code: 'MEMBERSHIP_LOST' })
    await untilHolds('slow knows', () => slow.events.some((event) => event.startsWith('lost')))
  })
})
