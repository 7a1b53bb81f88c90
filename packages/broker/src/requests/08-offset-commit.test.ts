import { errorCodes, OffsetCommit } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { groupId, pair } from '../coordinators/coordinator-rig.suite.ts'
import { offsetCommit } from './08-offset-commit.ts'
import { groupBroker } from './group-requests.suite.ts'

const partition = (partitionIndex: number, committedMetadata: string | null = null) => ({
  partitionIndex,
  committedOffset: 5n,
  committedLeaderEpoch: 2,
  committedMetadata,
})

describe('OffsetCommit', () => {
  test.each([2, 5, 6, 9])('v%i stores offsets of topics by name', async (version) => {
    const broker = await groupBroker()
    const topics = [{ name: 'orders', partitions: [partition(0, 'note'), partition(1)] }]
    const answer = await broker.ask(offsetCommit, OffsetCommit, version, { groupId, memberId: '', topics })
    expect(answer.topics).toMatchObject([
      { name: 'orders', partitions: [{ errorCode: 0 }, { errorCode: 0 }] },
    ])
    expect(broker.rig.coordinator.committed(groupId).get('orders')?.get(0)).toEqual({
      offset: 5n,
      leaderEpoch: version < 6 ? -1 : 2,
      metadata: 'note',
      committedAtMs: broker.rig.clock.now(),
      expiresAtMs: null,
    })
    expect(broker.rig.coordinator.committed(groupId).get('orders')?.get(1)?.metadata).toBe('')
  })

  test('v10 names topics by id, and says which it does not know', async () => {
    const broker = await groupBroker()
    const topicId = broker.topicId('orders')
    const unknown = Buffer.alloc(16, 7).toString('base64url')
    const topics = [topicId, unknown].map((id) => ({ name: '', topicId: id, partitions: [partition(0)] }))
    const answer = await broker.ask(offsetCommit, OffsetCommit, 10, { groupId, memberId: '', topics })
    expect(answer.topics).toMatchObject([
      { topicId, partitions: [{ errorCode: 0 }] },
      { topicId: unknown, partitions: [{ errorCode: errorCodes.UNKNOWN_TOPIC_ID }] },
    ])
    expect([...broker.rig.coordinator.committed(groupId).keys()]).toEqual(['orders'])
  })

  test('refuses partition by partition what does not exist or is too large', async () => {
    const broker = await groupBroker()
    const topics = [
      {
        name: 'orders',
        partitions: [partition(0), partition(3), partition(1, 'x'.repeat(4097)), partition(-1)],
      },
      { name: 'none', partitions: [partition(0)] },
    ]
    const answer = await broker.ask(offsetCommit, OffsetCommit, 9, { groupId, memberId: '', topics })
    const codes = answer.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode))
    expect(codes).toEqual([
      [
        0,
        errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        errorCodes.OFFSET_METADATA_TOO_LARGE,
        errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      ],
      [errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ])
  })

  test('v2 to v4 may bring a retention time of their own', async () => {
    const broker = await groupBroker()
    const topics = [{ name: 'orders', partitions: [partition(0)] }]
    await broker.ask(offsetCommit, OffsetCommit, 4, {
      groupId,
      memberId: '',
      retentionTimeMs: 1_000n,
      topics,
    })
    const expiresAtMs = broker.rig.clock.now() + 1_000
    expect(broker.rig.coordinator.committed(groupId).get('orders')?.get(0)).toMatchObject({ expiresAtMs })
  })

  test.each([
    { version: 8, generation: 0, group: groupId, error: 'ILLEGAL_GENERATION' },
    { version: 8, generation: 1, group: 'none', error: 'ILLEGAL_GENERATION' },
    { version: 9, generation: 1, group: 'none', error: 'GROUP_ID_NOT_FOUND' },
  ] as const)('v$version of generation $generation to group $group is refused: $error', async (given) => {
    const broker = await groupBroker()
    const [one] = await pair(broker.rig)
    const answer = await broker.ask(offsetCommit, OffsetCommit, given.version, {
      groupId: given.group,
      memberId: one.memberId,
      generationIdOrMemberEpoch: given.generation,
      topics: [{ name: 'orders', partitions: [partition(0)] }],
    })
    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(errorCodes[given.error])
  })
})
