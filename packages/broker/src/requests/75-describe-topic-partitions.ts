/**
 * DescribeTopicPartitions (key 75, v0): topics with their partitions, page by page (KIP-966).
 *
 * - No names means all topics. Topics come in the order of their names.
 * - A page ends at the partition limit, anywhere inside a topic; the cursor says where the next one begins.
 * - A cursor whose topic has gone goes on with the next name.
 */
import { DescribeTopicPartitions, errorCodes, type ResponseInputOf, zeroUuid } from 'sluice-kafka-protocol'
import type { Topic } from '../log/topic-registry.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { type Broker, defineRequest } from './define.ts'
import { partitionState } from './partition-state.ts'

type DescribedTopic = ResponseInputOf<typeof DescribeTopicPartitions>['topics'][number]

/** More than this many partitions never come at once, whatever the client asks for. */
const pagePartitionsMax = 2_000

interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}

export const describeTopicPartitions = defineRequest(DescribeTopicPartitions, async (request, { broker }) => {
  const { cursor, responsePartitionLimit } = request
  const limit =
    responsePartitionLimit > 0 ? Math.min(responsePartitionLimit, pagePartitionsMax) : pagePartitionsMax
  const asked = request.topics.length === 0 ? broker.topics.all() : request.topics
  const names = [...new Set(asked.map((topic) => topic.name))].toSorted(byCodeUnits)
  const rest = cursor === null ? names : names.filter((name) => byCodeUnits(name, cursor.topicName) >= 0)
  return page(broker, rest, cursor, limit)
})

const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const page = (broker: Broker, names: readonly string[], cursor: Cursor | null, limit: number) => {
  const topics: DescribedTopic[] = []
  let room = limit
  for (const name of names) {
    const first = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
    if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } }
    const topic = broker.topics.get(name)
    if (topic === undefined) {
      topics.push(missingTopic(name))
      continue
    }
    const end = Math.min(topic.partitions.length, first + room)
    topics.push(describeTopic(broker, topic, first, end))
    room -= Math.max(0, end - first)
    if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
  }
  return { topics, nextCursor: null }
}

const describeTopic = (broker: Broker, topic: Topic, first: number, end: number): DescribedTopic => ({
  errorCode: errorCodes.NONE,
  name: topic.name,
  topicId: topic.id,
  isInternal: topic.internal,
  partitions: topic.partitions
    .slice(first, end)
    .map((log) => ({ ...partitionState(log, broker.nodeId), eligibleLeaderReplicas: [], lastKnownElr: [] })),
  topicAuthorizedOperations: authorizedOperations('topic', true),
})

const missingTopic = (name: string): DescribedTopic => ({
  errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  name,
  topicId: zeroUuid,
  isInternal: false,
  partitions: [],
  topicAuthorizedOperations: authorizedOperations('topic', false),
})
