/**
 * Produce (key 0, v3-v13, advertised from 0): appends one record batch to each of the named partitions.
 *
 * - Batches are appended from the memory they were read into; nothing is answered before the log has said so.
 * - Each partition has its own error; one refusal never spoils the others.
 * - v0-v2 are advertised but refused: older librdkafka turns compression off otherwise (KAFKA-18659).
 * - Without acks nobody could be told of an error, so the connection is closed, as Kafka does.
 */
import {
  type ErrorCode,
  errorCodes,
  Produce,
  ProtocolError,
  type RequestOf,
  type ResponseInputOf,
} from 'sluice-kafka-protocol'
import type { AppendOutcome } from '../log/partition-log.ts'
import { defineRequest, type RequestContext } from './define.ts'
import { findLog, findTopic, isError } from './topic-lookup.ts'

type Request = RequestOf<typeof Produce>
type TopicData = Request['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type TopicResponse = ResponseInputOf<typeof Produce>['responses'][number]
type PartitionResponse = TopicResponse['partitionResponses'][number]

const zstdSinceVersion = 7
const zstd = 4
const attributesLowByteAt = 22
const codecMask = 0x07

const refused = (index: number, errorCode: ErrorCode, errorMessage: string | null): PartitionResponse => ({
  index,
  errorCode,
  baseOffset: -1n,
  errorMessage,
})

const answer = (index: number, outcome: AppendOutcome): PartitionResponse => ({
  index,
  errorCode: outcome.error,
  baseOffset: outcome.baseOffset,
  logAppendTimeMs: outcome.logAppendTimeMs,
  logStartOffset: outcome.logStartOffset,
  errorMessage: outcome.message,
})

const append = async (
  context: RequestContext,
  topicData: TopicData,
  { index, records }: PartitionData,
): Promise<PartitionResponse> => {
  const topic = findTopic(context.broker.topics, topicData)
  const log = findLog(topic, topicData, index)
  if (isError(log)) return refused(index, log, null)
  if (topic?.internal === true) {
    return refused(
      index,
      errorCodes.INVALID_TOPIC_EXCEPTION,
      'Only the broker itself writes to internal topics',
    )
  }
  if (records === null) return refused(index, errorCodes.INVALID_RECORD, 'There is no record batch')
  const codec = (records[attributesLowByteAt] ?? 0) & codecMask
  if (codec === zstd && context.apiVersion < zstdSinceVersion) {
    return refused(index, errorCodes.UNSUPPORTED_COMPRESSION_TYPE, 'zstd needs version 7 of this request')
  }
  const { slab } = context
  return answer(
    index,
    await log.append(records, slab === null ? { origin: 'client' } : { origin: 'client', slab }),
  )
}

/** Everything is handed to the logs at once, before anything is waited for: so the order of requests holds. */
const appendAll = (request: Request, context: RequestContext): Promise<TopicResponse>[] =>
  request.topicData.map(async (topicData) => ({
    name: topicData.name,
    topicId: topicData.topicId,
    partitionResponses: await Promise.all(
      topicData.partitionData.map((partition) => append(context, topicData, partition)),
    ),
  }))

const refuseAll = (request: Request): TopicResponse[] =>
  request.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) =>
      refused(index, errorCodes.INVALID_REQUIRED_ACKS, `acks ${request.acks} is none of -1, 0 and 1`),
    ),
  }))

const knownAcks = new Set([-1, 0, 1])

export const produce = defineRequest(
  Produce,
  async (request, context) => {
    if (!knownAcks.has(request.acks)) return { responses: refuseAll(request) }
    const responses = await Promise.all(appendAll(request, context))
    if (request.acks !== 0) return { responses }
    for (const topic of responses) {
      const failed = topic.partitionResponses.find((partition) => partition.errorCode !== errorCodes.NONE)
      if (failed !== undefined) {
        const says = failed.errorMessage ?? `error ${failed.errorCode}`
        throw new ProtocolError('invalid', `${topic.name}-${failed.index} with acks=0: ${says}`)
      }
    }
    return null
  },
  { advertisedMin: 0, readsInPlace: true },
)
