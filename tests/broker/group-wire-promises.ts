/**
 * What a broker answers to group requests, word by word, as Apache Kafka does: the same tests run against both.
 */
import {
  CreateTopics,
  DeleteGroups,
  DescribeGroups,
  encodeSubscription,
  errorCodes,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  kafkaErrorOf,
  LeaveGroup,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
} from 'sluice-kafka-protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from './group-clients.ts'
import type { BrokerUnderTest } from './group-promises.ts'
import { Wire } from './wire.ts'

let names = 0
const unique = (what: string): string => `${what}-${process.pid}-${(names += 1)}`
const nameOf = (code: number | undefined): string =>
  code === undefined ? 'no answer' : kafkaErrorOf(code).name

// Apache Kafka may fail on a subscription that is none, depending on whose it reads first.
const subscription = (topic: string): Buffer => encodeSubscription({ topics: [topic], ownedPartitions: [] })

interface Joined {
  readonly memberId: string
  readonly generationId: number
}

/** One connection in one group. */
class Seat implements Disposable {
  readonly wire: Wire
  readonly groupId: string
  readonly topic: string

  constructor(wire: Wire, groupId: string, topic: string) {
    this.wire = wire
    this.groupId = groupId
    this.topic = topic
  }

  join(
    version: number,
    changes: {
      memberId?: string
      groupInstanceId?: string
      subscribed?: string
      protocolType?: string
      name?: string
      sessionTimeoutMs?: number
    } = {},
  ) {
    const { subscribed = 'm', name = 'range', ...others } = changes
    return this.wire.ask(JoinGroup, version, {
      groupId: this.groupId,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 6_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name, metadata: subscription(subscribed) }],
      ...others,
    })
  }

  /** Joins as clients do: with the id that was handed out. */
  async enter(version = 9, subscribed = 'm'): Promise<Joined & Awaited<ReturnType<Seat['join']>>> {
    const first = await this.join(version, { subscribed })
    return first.errorCode === errorCodes.MEMBER_ID_REQUIRED
      ? this.join(version, { memberId: first.memberId, subscribed })
      : first
  }

  sync(
    { memberId, generationId }: Joined,
    assignments: Record<string, string> = {},
    changes: { groupInstanceId?: string; protocolName?: string | null } = {},
  ) {
    return this.wire.ask(SyncGroup, 5, {
      groupId: this.groupId,
      generationId,
      memberId,
      assignments: Object.entries(assignments).map(([id, text]) => ({
        memberId: id,
        assignment: Buffer.from(text),
      })),
      protocolType: 'consumer',
      protocolName: 'range',
      ...changes,
    })
  }

  async heartbeat(
    { memberId, generationId }: Joined,
    groupInstanceId: string | null = null,
  ): Promise<string> {
    const { groupId } = this
    return nameOf(
      (await this.wire.ask(Heartbeat, 4, { groupId, generationId, memberId, groupInstanceId })).errorCode,
    )
  }

  async commit(
    { memberId, generationId }: Joined,
    offset: bigint,
    version = 9,
    groupInstanceId: string | null = null,
  ): Promise<string> {
    const answer = await this.wire.ask(OffsetCommit, version, {
      groupId: this.groupId,
      generationIdOrMemberEpoch: generationId,
      memberId,
      groupInstanceId,
      topics: [
        {
          name: this.topic,
          partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }],
        },
      ],
    })
    return nameOf(answer.topics[0]?.partitions[0]?.errorCode)
  }

  async committed(): Promise<bigint | undefined> {
    const topics = [{ name: this.topic, partitionIndexes: [0] }]
    const answer = await this.wire.ask(OffsetFetch, 9, { groups: [{ groupId: this.groupId, topics }] })
    return answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset
  }

  async state(): Promise<string | undefined> {
    return (await this.wire.ask(DescribeGroups, 5, { groups: [this.groupId] })).groups[0]?.groupState
  }

  [Symbol.dispose](): void {
    this.wire[Symbol.dispose]()
  }
}

const nobody: Joined = { memberId: '', generationId: -1 }

/** Runs every promise about answers to group requests against the broker that `start` starts. */
export const groupWirePromises = (name: string, start: () => Promise<BrokerUnderTest>): void => {
  describe(`group requests to ${name}`, () => {
    let broker: BrokerUnderTest | undefined
    const topic = unique('topic')

    const seat = async (groupId: string): Promise<Seat> =>
      new Seat(await Wire.open(broker?.address ?? ''), groupId, topic)

    /** A stable group of one, its leader. */
    const alone = async (subscribed = 'm'): Promise<{ here: Seat; leader: Joined }> => {
      const here = await seat(unique('group'))
      const leader = await here.enter(9, subscribed)
      expect(nameOf((await here.sync(leader, { [leader.memberId]: 'all' })).errorCode)).toBe('NONE')
      return { here, leader }
    }

    beforeAll(async () => {
      broker = await start()
      using wire = await Wire.open(broker.address)
      await wire.ask(CreateTopics, 5, {
        topics: [{ name: topic, numPartitions: 2, replicationFactor: 1 }],
        timeoutMs: 20_000,
      })
      // The coordinator of a cluster that is new takes a moment to be there.
      await until('a coordinator', async () => {
        const found = await wire.ask(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['probe'] })
        const probe = await seat(unique('probe'))
        const answer = await probe.commit(nobody, 1n)
        probe[Symbol.dispose]()
        return found.coordinators[0]?.errorCode === 0 && answer === 'NONE'
      })
    })

    afterAll(() => broker?.[Symbol.asyncDispose]())

    test('JoinGroup v3 takes a newcomer at once, v4 hands out an id first', async () => {
      using old = await seat(unique('group'))
      expect(await old.join(3)).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
      using here = await seat(unique('group'))
      const first = await here.join(4)
      expect(first).toMatchObject({
        errorCode: errorCodes.MEMBER_ID_REQUIRED,
        generationId: -1,
        leader: '',
        members: [],
      })
      expect(first.memberId).toMatch(/^wire-/)
      const second = await here.join(4, { memberId: first.memberId })
      expect(second).toMatchObject({
        errorCode: 0,
        generationId: 1,
        leader: first.memberId,
        memberId: first.memberId,
      })
      expect(second.members.map(({ memberId }) => memberId)).toEqual([first.memberId])
    })

    test.each([
      { says: 'an unknown member', changes: { memberId: 'ghost' }, error: 'UNKNOWN_MEMBER_ID' },
      {
        says: 'another protocol type',
        changes: { protocolType: 'connect' },
        error: 'INCONSISTENT_GROUP_PROTOCOL',
      },
      { says: 'no protocol in common', changes: { name: 'sticky' }, error: 'INCONSISTENT_GROUP_PROTOCOL' },
      {
        says: 'a session that is too short',
        changes: { sessionTimeoutMs: 5_999 },
        error: 'INVALID_SESSION_TIMEOUT',
      },
      {
        says: 'a session that is too long',
        changes: { sessionTimeoutMs: 1_800_001 },
        error: 'INVALID_SESSION_TIMEOUT',
      },
    ])('JoinGroup of $says: $error', async ({ changes, error }) => {
      const { here } = await alone()
      using other = await seat(here.groupId)
      expect(nameOf((await other.join(9, changes)).errorCode)).toBe(error)
      here[Symbol.dispose]()
    })

    test('JoinGroup of an unknown member to a group that does not exist, and to none', async () => {
      using here = await seat(unique('group'))
      expect(nameOf((await here.join(9, { memberId: 'ghost' })).errorCode)).toBe('UNKNOWN_MEMBER_ID')
      using none = await seat('')
      expect(nameOf((await none.join(9)).errorCode)).toBe('INVALID_GROUP_ID')
      expect(await none.heartbeat(nobody)).toBe('INVALID_GROUP_ID')
    })

    test('a generation lives from join to join: heartbeats, commits and syncs of old ones are refused', async () => {
      const { here, leader } = await alone()
      using other = await seat(here.groupId)
      expect(await here.heartbeat(leader)).toBe('NONE')
      expect(await here.commit(leader, 5n)).toBe('NONE')
      expect(await here.heartbeat({ ...leader, generationId: 9 })).toBe('ILLEGAL_GENERATION')
      expect(await here.heartbeat({ ...leader, memberId: 'ghost' })).toBe('UNKNOWN_MEMBER_ID')
      expect(await here.commit({ ...leader, generationId: 0 }, 6n)).toBe('ILLEGAL_GENERATION')
      expect(await here.commit({ ...leader, generationId: -1 }, 6n)).toBe('ILLEGAL_GENERATION')
      expect(await here.commit({ ...leader, memberId: 'ghost' }, 6n)).toBe('UNKNOWN_MEMBER_ID')
      expect(await here.commit(nobody, 6n)).toBe('UNKNOWN_MEMBER_ID')
      expect(nameOf((await here.sync({ ...leader, generationId: 0 })).errorCode)).toBe('ILLEGAL_GENERATION')
      expect(nameOf((await here.sync(leader, {}, { protocolName: 'sticky' })).errorCode)).toBe(
        'INCONSISTENT_GROUP_PROTOCOL',
      )
      expect(nameOf((await here.sync(leader, {}, { protocolName: null })).errorCode)).toBe(
        'INCONSISTENT_GROUP_PROTOCOL',
      )

      const entering = other.enter()
      await until('a rebalance', async () => (await here.heartbeat(leader)) === 'REBALANCE_IN_PROGRESS')
      expect(nameOf((await here.sync(leader)).errorCode)).toBe('REBALANCE_IN_PROGRESS')
      expect(await here.commit(leader, 7n)).toBe('NONE')
      const again = await here.join(9, { memberId: leader.memberId })
      const second = await entering
      expect([again.generationId, second.generationId]).toEqual([2, 2])
      expect([again.leader, second.leader]).toEqual([leader.memberId, leader.memberId])
      expect([again.members.length, second.members.length]).toEqual([2, 0])

      // Between join and sync: alive, but nothing can be committed.
      expect(await here.heartbeat(again)).toBe('NONE')
      expect(await here.commit(again, 8n)).toBe('REBALANCE_IN_PROGRESS')
      expect(await here.commit(leader, 8n)).toBe('ILLEGAL_GENERATION')
      const waiting = other.sync(second)
      const assignments = { [again.memberId]: 'zero', [second.memberId]: 'one' }
      expect(String((await here.sync(again, assignments)).assignment)).toBe('zero')
      expect(String((await waiting).assignment)).toBe('one')
      expect(await here.committed()).toBe(7n)
      here[Symbol.dispose]()
    })

    test('a follower that joins again hears the same generation; a leader, or who has something new to say, begins another', async () => {
      const { here, leader } = await alone()
      using other = await seat(here.groupId)
      const entering = other.enter()
      await until('a rebalance', async () => (await here.heartbeat(leader)) === 'REBALANCE_IN_PROGRESS')
      const first = await here.join(9, { memberId: leader.memberId })
      const second = await entering
      const waiting = other.sync(second)
      await here.sync(first, { [second.memberId]: 'all' })
      await waiting
      expect(await other.join(9, { memberId: second.memberId })).toMatchObject({
        errorCode: 0,
        generationId: 2,
      })
      expect(await here.state()).toBe('Stable')
      const changing = other.join(9, { memberId: second.memberId, subscribed: 'changed' })
      await until('a rebalance', async () => (await here.heartbeat(first)) === 'REBALANCE_IN_PROGRESS')
      const third = await here.join(9, { memberId: leader.memberId })
      expect([third.generationId, (await changing).generationId]).toEqual([3, 3])
      here[Symbol.dispose]()
    })

    test('a silent member is dropped after its session, and the others hear of it', async () => {
      const { here, leader } = await alone()
      using other = await seat(here.groupId)
      const entering = other.enter()
      await until('a rebalance', async () => (await here.heartbeat(leader)) === 'REBALANCE_IN_PROGRESS')
      const first = await here.join(9, { memberId: leader.memberId })
      const second = await entering
      const waiting = other.sync(second)
      await here.sync(first, {})
      expect((await waiting).assignment).toHaveLength(0)
      await until(
        'the silent one to be dropped',
        async () => (await here.heartbeat(first)) === 'REBALANCE_IN_PROGRESS',
      )
      expect(await here.join(9, { memberId: leader.memberId })).toMatchObject({
        generationId: 3,
        leader: leader.memberId,
      })
      expect(await other.heartbeat(second)).toBe('UNKNOWN_MEMBER_ID')
      here[Symbol.dispose]()
    })

    test('a member that leaves makes room at once; the last one leaves an empty group behind', async () => {
      const { here, leader } = await alone()
      const leaving = (memberId: string, groupInstanceId: string | null = null) =>
        here.wire.ask(LeaveGroup, 5, { groupId: here.groupId, members: [{ memberId, groupInstanceId }] })
      expect(nameOf((await leaving('ghost')).members[0]?.errorCode)).toBe('UNKNOWN_MEMBER_ID')
      expect(nameOf((await leaving('', 'till')).members[0]?.errorCode)).toBe('UNKNOWN_MEMBER_ID')
      expect(await leaving(leader.memberId)).toMatchObject({
        errorCode: 0,
        members: [{ memberId: leader.memberId, errorCode: 0 }],
      })
      expect(await here.state()).toBe('Empty')
      expect(await here.commit(leader, 5n)).toBe('UNKNOWN_MEMBER_ID')
      expect(await here.commit(nobody, 6n)).toBe('NONE')
      expect(await here.committed()).toBe(6n)
      here[Symbol.dispose]()
    })

    test.each([
      { version: 9, skipAssignment: true },
      { version: 8, skipAssignment: false },
    ])(
      'a static leader that comes back with v$version takes its place; it skips the assignment: $skipAssignment',
      async ({ version, skipAssignment }) => {
        using here = await seat(unique('group'))
        const groupInstanceId = 'till'
        const first = await here.join(version, { groupInstanceId })
        expect(first.memberId).toMatch(/^till-/)
        await here.sync(first, { [first.memberId]: 'all' }, { groupInstanceId })
        const back = await here.join(version, { groupInstanceId })
        expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment })
        expect(back.memberId).not.toBe(first.memberId)
        expect(back.leader).toBe(skipAssignment ? back.memberId : first.memberId)
        expect(back.members).toHaveLength(skipAssignment ? 1 : 0)
        expect(String((await here.sync(back, {}, { groupInstanceId })).assignment)).toBe('all')
        expect(await here.heartbeat(first, groupInstanceId)).toBe('FENCED_INSTANCE_ID')
        expect(await here.commit(first, 5n, 9, groupInstanceId)).toBe('FENCED_INSTANCE_ID')
        expect(
          nameOf((await here.join(version, { groupInstanceId, memberId: first.memberId })).errorCode),
        ).toBe('FENCED_INSTANCE_ID')
        expect(nameOf((await here.sync(first, {}, { groupInstanceId })).errorCode)).toBe('FENCED_INSTANCE_ID')
        expect(await here.heartbeat(first)).toBe('UNKNOWN_MEMBER_ID')
        expect(await here.heartbeat(back, 'ghost')).toBe('UNKNOWN_MEMBER_ID')
        const members = [{ memberId: '', groupInstanceId }]
        const left = await here.wire.ask(LeaveGroup, 3, { groupId: here.groupId, members })
        expect(left).toMatchObject({ errorCode: 0, members: [{ groupInstanceId, errorCode: 0 }] })
        expect(await here.state()).toBe('Empty')
      },
    )

    test('OffsetCommit: of nobody to a new group, of somebody to none, of too much, of what does not exist', async () => {
      using here = await seat(unique('group'))
      expect(await here.commit({ memberId: 'm', generationId: 1 }, 5n, 8)).toBe('ILLEGAL_GENERATION')
      expect(await here.commit({ memberId: 'm', generationId: 1 }, 5n, 9)).toBe('GROUP_ID_NOT_FOUND')
      const topics = [
        {
          name: topic,
          partitions: [
            { partitionIndex: 0, committedOffset: 5n, committedMetadata: 'x'.repeat(4_097) },
            { partitionIndex: 1, committedOffset: 6n, committedLeaderEpoch: 0, committedMetadata: null },
            { partitionIndex: 9, committedOffset: 7n, committedMetadata: '' },
          ],
        },
        { name: 'nothing', partitions: [{ partitionIndex: 0, committedOffset: 8n, committedMetadata: '' }] },
      ]
      const answer = await here.wire.ask(OffsetCommit, 8, { groupId: here.groupId, memberId: '', topics })
      const errors = new Map(
        answer.topics.flatMap(({ name: of, partitions }) =>
          partitions.map(({ partitionIndex, errorCode }) => [
            `${of === topic ? '' : of}${partitionIndex}`,
            nameOf(errorCode),
          ]),
        ),
      )
      expect(errors).toEqual(
        new Map([
          ['0', 'OFFSET_METADATA_TOO_LARGE'],
          ['1', 'NONE'],
          ['9', 'UNKNOWN_TOPIC_OR_PARTITION'],
          ['nothing0', 'UNKNOWN_TOPIC_OR_PARTITION'],
        ]),
      )
      const all = await here.wire.ask(OffsetFetch, 9, { groups: [{ groupId: here.groupId, topics: null }] })
      expect(all.groups[0]?.topics).toEqual([
        expect.objectContaining({
          name: topic,
          partitions: [
            { partitionIndex: 1, committedOffset: 6n, committedLeaderEpoch: 0, metadata: '', errorCode: 0 },
          ],
        }),
      ])
    })

    test('OffsetFetch of what is not there is -1 without an error', async () => {
      using here = await seat(unique('group'))
      const asked = [{ name: topic, partitionIndexes: [0] }]
      const nothing = {
        partitionIndex: 0,
        committedOffset: -1n,
        committedLeaderEpoch: -1,
        metadata: '',
        errorCode: 0,
      }
      const one = await here.wire.ask(OffsetFetch, 5, { groupId: here.groupId, topics: asked })
      expect(one).toMatchObject({ errorCode: 0, topics: [{ name: topic, partitions: [nothing] }] })
      const many = await here.wire.ask(OffsetFetch, 8, { groups: [{ groupId: here.groupId, topics: asked }] })
      expect(many.groups).toMatchObject([
        { groupId: here.groupId, errorCode: 0, topics: [{ partitions: [nothing] }] },
      ])
    })

    test('DeleteGroups and OffsetDelete spare what is in use', async () => {
      const { here, leader } = await alone(topic)
      const { groupId, wire } = here
      const deleting = async (id: string): Promise<string> =>
        nameOf((await wire.ask(DeleteGroups, 2, { groupsNames: [id] })).results[0]?.errorCode)
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0 }] }]
      const forgetting = (id: string) => wire.ask(OffsetDelete, 0, { groupId: id, topics })
      await here.commit(leader, 5n)
      expect(await deleting(groupId)).toBe('NON_EMPTY_GROUP')
      expect(await deleting(unique('none'))).toBe('GROUP_ID_NOT_FOUND')
      expect(nameOf((await forgetting(unique('none'))).errorCode)).toBe('GROUP_ID_NOT_FOUND')
      expect(nameOf((await forgetting(groupId)).topics[0]?.partitions[0]?.errorCode)).toBe(
        'GROUP_SUBSCRIBED_TO_TOPIC',
      )
      await wire.ask(LeaveGroup, 2, { groupId, memberId: leader.memberId })
      expect(nameOf((await forgetting(groupId)).topics[0]?.partitions[0]?.errorCode)).toBe('NONE')
      expect(await here.committed()).toBe(-1n)
      expect(await deleting(groupId)).toBe('NONE')
      expect(await here.state()).toBe('Dead')
      here[Symbol.dispose]()
    })

    test('DescribeGroups v6 says which groups do not exist, v5 calls them dead', async () => {
      const { here } = await alone()
      const missing = unique('none')
      const [dead] = (await here.wire.ask(DescribeGroups, 5, { groups: [missing] })).groups
      expect(dead).toMatchObject({ groupId: missing, groupState: 'Dead', errorCode: 0, members: [] })
      const [unknown] = (await here.wire.ask(DescribeGroups, 6, { groups: [missing] })).groups
      expect(unknown).toMatchObject({
        groupId: missing,
        groupState: 'Dead',
        errorCode: errorCodes.GROUP_ID_NOT_FOUND,
      })
      expect(unknown?.errorMessage).toBe(`Group ${missing} not found.`)
      const [stable] = (await here.wire.ask(DescribeGroups, 6, { groups: [here.groupId] })).groups
      expect(stable).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
      expect(stable?.members).toMatchObject([
        { clientId: 'wire', clientHost: '/127.0.0.1', memberMetadata: subscription('m') },
      ])
      here[Symbol.dispose]()
    })

    test('members and generation outlive the death of the broker', async () => {
      using here = await seat(unique('group'))
      const { memberId } = await here.join(9)
      const leader = await here.join(9, { memberId, sessionTimeoutMs: 60_000 })
      await here.sync(leader, { [memberId]: 'all' })
      await here.commit(leader, 5n)
      await broker?.kill()
      await broker?.restart()
      using again = await seat(here.groupId)
      // Apache Kafka takes its time before it coordinates again.
      await until('the group to be back', async () => (await again.committed()) === 5n)
      expect(await again.heartbeat(leader)).toBe('NONE')
      expect(String((await again.sync(leader)).assignment)).toBe('all')
      expect(await again.commit(leader, 6n)).toBe('NONE')
    })
  })
}
