import { errorCodes, OffsetFetch } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { committed, groupId, outsider, Rig } from '../coordinators/coordinator-rig.suite.ts'
import { offsetFetch } from './09-offset-fetch.ts'
import { GroupBroker, groupBroker } from './group-requests.suite.ts'

const withOffsets = async () => {
  const broker = await groupBroker()
  await broker.rig.coordinator.commit(outsider, [
    { topic: 'orders', partition: 1, committed: committed(5n, { leaderEpoch: 2, metadata: 'note' }) },
  ])
  return broker
}

const known = { partitionIndex: 1, committedOffset: 5n, metadata: 'note', errorCode: 0 }
const missing = {
  partitionIndex: 0,
  committedOffset: -1n,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode: 0,
}

describe('OffsetFetch', () => {
  test.each([1, 4, 5, 7])('v%i answers for one group; -1 where nothing is committed', async (version) => {
    const broker = await withOffsets()
    const topics = [{ name: 'orders', partitionIndexes: [0, 1] }]
    const answer = await broker.ask(offsetFetch, OffsetFetch, version, { groupId, topics })
    const committedLeaderEpoch = version < 5 ? -1 : 2
    expect(answer.topics).toEqual([
      { name: 'orders', partitions: [missing, { ...known, committedLeaderEpoch }] },
    ])
    expect(answer.errorCode).toBe(0)
  })

  test.each([2, 7])('v%i answers with all there is when no topics are named', async (version) => {
    const broker = await withOffsets()
    const answer = await broker.ask(offsetFetch, OffsetFetch, version, { groupId, topics: null })
    expect(answer.topics).toMatchObject([{ name: 'orders', partitions: [known] }])
  })

  test.each([8, 9])('v%i answers for many groups', async (version) => {
    const broker = await withOffsets()
    const topics = [{ name: 'orders', partitionIndexes: [1] }]
    const groups = [
      { groupId, topics },
      { groupId: 'none', topics },
      { groupId, topics: null },
    ]
    const answer = await broker.ask(offsetFetch, OffsetFetch, version, { groups })
    expect(answer.groups).toMatchObject([
      { groupId, errorCode: 0, topics: [{ name: 'orders', partitions: [known] }] },
      { groupId: 'none', errorCode: 0, topics: [{ partitions: [{ ...missing, partitionIndex: 1 }] }] },
      { groupId, topics: [{ name: 'orders', partitions: [known] }] },
    ])
  })

  test('v10 names topics by id, and says which it does not know', async () => {
    const broker = await withOffsets()
    const topicId = broker.topicId('orders')
    const unknown = Buffer.alloc(16, 7).toString('base64url')
    const topics = [topicId, unknown].map((id) => ({ topicId: id, partitionIndexes: [1] }))
    const answer = await broker.ask(offsetFetch, OffsetFetch, 10, {
      groups: [
        { groupId, topics },
        { groupId, topics: null },
      ],
    })
    expect(answer.groups[0]?.topics).toMatchObject([
      { topicId, partitions: [known] },
      { topicId: unknown, partitions: [{ committedOffset: -1n, errorCode: errorCodes.UNKNOWN_TOPIC_ID }] },
    ])
    expect(answer.groups[1]?.topics).toMatchObject([{ topicId, partitions: [known] }])
  })

  test.each([1, 7, 9])('v%i never says -1 while the coordinator does not know', async (version) => {
    const broker = new GroupBroker(new Rig())
    const topics = [{ name: 'orders', partitionIndexes: [1] }]
    const answer = await broker.ask(offsetFetch, OffsetFetch, version, {
      groupId,
      topics,
      groups: [{ groupId, topics }],
    })
    const errors = [answer.topics[0]?.partitions[0]?.errorCode, answer.groups[0]?.errorCode]
    expect(errors).toContain(errorCodes.COORDINATOR_NOT_AVAILABLE)
  })
})
