/**
 * DeleteTopics (key 20, v1-v6): deletes topics by name, from v6 on also by id, with all their records.
 *
 * - Answers topic by topic: one refusal never spoils the others.
 */
import {
  DeleteTopics,
  type ErrorCode,
  errorCodes,
  type ResponseInputOf,
  zeroUuid,
} from 'sluice-kafka-protocol'
import { type Broker, defineRequest } from './define.ts'
import { findTopic, type TopicReference, unknownTopicError } from './topic-lookup.ts'

type TopicResponse = ResponseInputOf<typeof DeleteTopics>['responses'][number]

const deleteTopic = async (broker: Broker, reference: TopicReference): Promise<TopicResponse> => {
  const topic = findTopic(broker.topics, reference)
  const answer = (errorCode: ErrorCode, errorMessage: string | null): TopicResponse => ({
    name: topic?.name ?? reference.name,
    topicId: topic?.id ?? reference.topicId,
    errorCode,
    errorMessage,
  })
  if (topic === undefined) return answer(unknownTopicError(reference), 'There is no such topic')
  if (topic.internal) return answer(errorCodes.INVALID_REQUEST, 'Internal topics cannot be deleted')
  try {
    const isDeleted = await broker.topics.delete(topic.name)
    return isDeleted
      ? answer(errorCodes.NONE, null)
      : answer(unknownTopicError(reference), 'There is no such topic')
  } catch (error) {
    broker.report(`topic ${topic.name} could not be deleted: ${String(error)}`)
    return answer(errorCodes.KAFKA_STORAGE_ERROR, 'The broker could not write to its disk')
  }
}

export const deleteTopics = defineRequest(DeleteTopics, async (request, { broker, apiVersion }) => {
  const references: TopicReference[] =
    apiVersion >= 6 ? [...request.topics] : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
  const responses: TopicResponse[] = []
  for (const reference of references) responses.push(await deleteTopic(broker, reference))
  return { responses }
})
