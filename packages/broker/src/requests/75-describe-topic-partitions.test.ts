import { DescribeTopicPartitions, errorCodes, zeroUuid } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { describeTopicPartitions } from './75-describe-topic-partitions.ts'
import { ask, nodeId, rigWith } from './admin-rig.suite.ts'

const rig = rigWith(
  { name: 'b', partitions: 3 },
  { name: 'a', partitions: 2 },
  { name: '__consumer_offsets', partitions: 1, internal: true },
)

type Cursor = { topicName: string; partitionIndex: number }

const page = async (names: string[], limit: number, cursor: Cursor | null = null) => {
  const request = { topics: names.map((name) => ({ name })), responsePartitionLimit: limit, cursor }
  const answer = await ask(describeTopicPartitions, DescribeTopicPartitions, 0, request, rig.broker)
  const partitions = answer.topics.flatMap((topic) =>
    topic.partitions.map((partition) => `${topic.name}-${partition.partitionIndex}`),
  )
  return { partitions, topics: answer.topics, next: answer.nextCursor }
}

test('a partition is led by this broker, in sync with itself', async () => {
  const { topics } = await page(['a'], 100)
  expect(topics).toMatchObject([
    {
      errorCode: 0,
      name: 'a',
      topicId: rig.topics.get('a')?.id,
      isInternal: false,
      partitions: [
        { partitionIndex: 0, leaderId: nodeId, leaderEpoch: 0, replicaNodes: [nodeId], isrNodes: [nodeId] },
        { partitionIndex: 1 },
      ],
    },
  ])
})

test('a damaged partition has no leader', async () => {
  const its = rigWith({ name: 'a', partitions: 1 })
  const log = its.topics.get('a')?.partitions[0]
  if (log !== undefined) Object.assign(log, { damage: 'segment 0 has a hole at byte 700' })
  const request = { topics: [{ name: 'a' }], responsePartitionLimit: 10, cursor: null }
  const answer = await ask(describeTopicPartitions, DescribeTopicPartitions, 0, request, its.broker)
  expect(answer.topics[0]?.partitions).toMatchObject([
    { errorCode: errorCodes.LEADER_NOT_AVAILABLE, leaderId: -1, isrNodes: [], offlineReplicas: [nodeId] },
  ])
})

test('no names means all topics, by name', async () => {
  const { topics, next } = await page([], 100)
  expect(topics.map((topic) => [topic.name, topic.isInternal])).toStrictEqual([
    ['__consumer_offsets', true],
    ['a', false],
    ['b', false],
  ])
  expect(next).toBe(null)
})

test.each([{ limit: 1 }, { limit: 2 }, { limit: 3 }, { limit: 4 }, { limit: 6 }, { limit: 0 }])(
  'pages of $limit partitions hold every partition once',
  async ({ limit }) => {
    const seen: string[] = []
    let cursor: Cursor | null = null
    for (let pages = 0; pages < 10; pages++) {
      const { partitions, next }: Awaited<ReturnType<typeof page>> = await page([], limit, cursor)
      seen.push(...partitions)
      cursor = next
      if (cursor === null) break
    }
    expect(seen).toStrictEqual(['__consumer_offsets-0', 'a-0', 'a-1', 'b-0', 'b-1', 'b-2'])
  },
)

test('a topic that is not there is said to be unknown, among the others', async () => {
  const { topics } = await page(['aa', 'b', 'a', 'a'], 100)
  expect(topics.map((topic) => [topic.name, topic.errorCode])).toStrictEqual([
    ['a', 0],
    ['aa', errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ['b', 0],
  ])
  expect(topics[1]).toMatchObject({ topicId: zeroUuid, partitions: [] })
})

test('a cursor whose topic has gone goes on with the next name', async () => {
  const { partitions } = await page([], 100, { topicName: 'aa', partitionIndex: 2 })
  expect(partitions).toStrictEqual(['b-0', 'b-1', 'b-2'])
})

test('a cursor before the first partition begins at the first', async () => {
  const { partitions } = await page(['a'], 100, { topicName: 'a', partitionIndex: -5 })
  expect(partitions).toStrictEqual(['a-0', 'a-1'])
})
