/**
 * OffsetDelete (key 47, v0): forgets committed offsets of single partitions (KIP-496).
 *
 * - Of a group in use, only topics that none of its consumers reads; the others get GROUP_SUBSCRIBED_TO_TOPIC.
 * - A partition without a committed offset is deleted already: no error.
 */
import { errorCodes, OffsetDelete } from 'sluice-kafka-protocol'
import { defineRequest } from './define.ts'

export const offsetDelete = defineRequest(OffsetDelete, async (request, { broker }) => {
  const asked = request.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
  )
  const exists = (key: { topic: string; partition: number }): boolean =>
    broker.topics.get(key.topic)?.partitions[key.partition] !== undefined
  const keys = asked.filter(exists)
  const { error, errors } = await broker.groups.deleteOffsets(request.groupId, keys)
  if (error !== 'NONE') return { errorCode: errorCodes[error], topics: [] }
  const codes = new Map(
    keys.map((key, index) => [nameOf(key.topic, key.partition), errorCodes[errors[index] ?? 'NONE']]),
  )
  return {
    errorCode: errorCodes.NONE,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: codes.get(nameOf(name, partitionIndex)) ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    })),
  }
})

const nameOf = (topic: string, partition: number): string => `${topic}-${partition}`
