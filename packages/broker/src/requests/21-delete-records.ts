/**
 * DeleteRecords (key 21, v0-v2): moves the first offset of partitions forward, so that older records are gone for every
 * reader (KIP-107).
 *
 * - Offset -1 means everything that is there now. An offset before the first one changes nothing.
 * - Answers partition by partition, with the first offset that is left.
 */
import { DeleteRecords, type ErrorCode, errorCodes } from 'sluice-kafka-protocol'
import type { Topic } from '../log/topic-registry.ts'
import { type Broker, defineRequest } from './define.ts'

const everything = -1n
const unknownWatermark = -1n

interface Outcome {
  readonly errorCode: ErrorCode
  readonly lowWatermark: bigint
}

const refuse = (errorCode: ErrorCode): Outcome => ({ errorCode, lowWatermark: unknownWatermark })

export const deleteRecords = defineRequest(DeleteRecords, async (request, { broker }) => {
  const topics = request.topics.map(async ({ name, partitions }) => {
    const topic = broker.topics.get(name)
    const outcomes = partitions.map(async ({ partitionIndex, offset }) => ({
      partitionIndex,
      ...(await deleteBefore(broker, topic, partitionIndex, offset)),
    }))
    return { name, partitions: await Promise.all(outcomes) }
  })
  return { topics: await Promise.all(topics) }
})

const deleteBefore = async (
  broker: Broker,
  topic: Topic | undefined,
  partitionIndex: number,
  offset: bigint,
): Promise<Outcome> => {
  const log = topic?.partitions[partitionIndex]
  if (topic === undefined || log === undefined) return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  // Records of the broker's own topics end by its own rules; a group would lose its offsets.
  if (topic.internal) return refuse(errorCodes.POLICY_VIOLATION)
  if (offset < everything) return refuse(errorCodes.OFFSET_OUT_OF_RANGE)
  if (log.damage !== null) return refuse(errorCodes.KAFKA_STORAGE_ERROR)
  try {
    const lowWatermark = await log.deleteBefore(offset === everything ? log.highWatermark : offset)
    return lowWatermark === null
      ? refuse(errorCodes.OFFSET_OUT_OF_RANGE)
      : { errorCode: errorCodes.NONE, lowWatermark }
  } catch (error) {
    broker.report(`${topic.name}-${partitionIndex}: records cannot be deleted: ${String(error)}`)
    return refuse(errorCodes.KAFKA_STORAGE_ERROR)
  }
}
