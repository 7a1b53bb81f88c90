import { encodeSubscription, errorCodes, OffsetDelete } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { committed, groupId, member, outsider, stable } from '../coordinators/coordinator-rig.suite.ts'
import { offsetDelete } from './47-offset-delete.ts'
import { groupBroker } from './group-requests.suite.ts'

const at = (topic: string, partition: number) => ({ topic, partition, committed: committed(1n) })
const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }]

describe('OffsetDelete', () => {
  test('forgets offsets of an empty group, and says which partitions do not exist', async () => {
    const broker = await groupBroker()
    await broker.rig.coordinator.commit(outsider, [at('orders', 0), at('orders', 1)])
    const topics = [
      { name: 'orders', partitions },
      { name: 'none', partitions: [{ partitionIndex: 0 }] },
    ]
    const answer = await broker.ask(offsetDelete, OffsetDelete, 0, { groupId, topics })
    const gone = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
    expect(answer.errorCode).toBe(0)
    expect(answer.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode))).toEqual([
      [0, gone],
      [gone],
    ])
    expect([...(broker.rig.coordinator.committed(groupId).get('orders')?.keys() ?? [])]).toEqual([1])
  })

  test('keeps what a group reads', async () => {
    const broker = await groupBroker()
    const metadata = encodeSubscription({ topics: ['orders'], ownedPartitions: [] })
    const [one] = await stable(broker.rig, { protocols: [{ name: 'range', metadata }] })
    if (one === undefined) throw new Error('one joined')
    await broker.rig.coordinator.commit(member(one), [at('orders', 0), at('clicks', 0)])
    const topics = ['orders', 'clicks'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
    const answer = await broker.ask(offsetDelete, OffsetDelete, 0, { groupId, topics })
    expect(answer.topics.map((topic) => topic.partitions[0]?.errorCode)).toEqual([
      errorCodes.GROUP_SUBSCRIBED_TO_TOPIC,
      0,
    ])
    expect([...broker.rig.coordinator.committed(groupId).keys()]).toEqual(['orders'])
  })

  test('of a missing group is refused as a whole', async () => {
    const broker = await groupBroker()
    const answer = await broker.ask(offsetDelete, OffsetDelete, 0, {
      groupId: 'none',
      topics: [{ name: 'orders', partitions }],
    })
    expect(answer).toMatchObject({ errorCode: errorCodes.GROUP_ID_NOT_FOUND, topics: [] })
  })
})
