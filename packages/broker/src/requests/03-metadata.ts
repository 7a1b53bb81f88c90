/**
 * Metadata (key 3, v0-v13): this broker, its topics and their partitions.
 *
 * - A topic that is asked for by name and does not exist is made when both the broker and the client allow it.
 * - The broker's address is the one the client came in on, unless one is configured.
 * - A damaged partition has no leader, so that clients say so instead of retrying for ever.
 */
import { type ErrorCode, errorCodes, Metadata, type ResponseInputOf, zeroUuid } from 'sluice-kafka-protocol'
import { checkTopicName, type Topic } from '../log/topic-registry.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { type Broker, defineRequest, type RequestContext } from './define.ts'
import { partitionState } from './partition-state.ts'
import { findTopic, isReservedName, type TopicReference, unknownTopicError } from './topic-lookup.ts'

type TopicResponse = ResponseInputOf<typeof Metadata>['topics'][number]

/** Where clients should connect to. */
export const advertisedAddress = (
  context: RequestContext,
): { readonly host: string; readonly port: number } =>
  context.broker.settings.advertised ?? {
    host: context.connection.localAddress,
    port: context.connection.localPort,
  }

const describeTopic = (topic: Topic, nodeId: number, operations: number): TopicResponse => ({
  errorCode: errorCodes.NONE,
  name: topic.name,
  topicId: topic.id,
  isInternal: topic.internal,
  topicAuthorizedOperations: operations,
  partitions: topic.partitions.map((log) => partitionState(log, nodeId)),
})

const refuseTopic = (reference: TopicReference, errorCode: ErrorCode): TopicResponse => ({
  errorCode,
  name: reference.name,
  topicId: reference.topicId,
  partitions: [],
})

/** The topic that is asked for, made if need be; or why there is none. */
const findOrCreate = async (
  broker: Broker,
  reference: TopicReference,
  mayCreate: boolean,
): Promise<Topic | ErrorCode> => {
  const topic = findTopic(broker.topics, reference)
  if (topic !== undefined) return topic
  const { name } = reference
  if (name === null || reference.topicId !== zeroUuid) return unknownTopicError(reference)
  if (checkTopicName(name) !== null) return errorCodes.INVALID_TOPIC_EXCEPTION
  if (!mayCreate || isReservedName(name)) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  try {
    const fresh = await broker.topics.create({
      name,
      partitions: broker.settings.defaultPartitions,
      config: {},
    })
    // Null: somebody else is making it just now; the client asks again.
    return fresh ?? broker.topics.get(name) ?? errorCodes.LEADER_NOT_AVAILABLE
  } catch (error) {
    broker.report(`topic ${name} could not be created: ${String(error)}`)
    return errorCodes.KAFKA_STORAGE_ERROR
  }
}

export const metadata = defineRequest(Metadata, async (request, context) => {
  const { broker, apiVersion } = context
  const { nodeId } = broker
  const operations = authorizedOperations('topic', request.includeTopicAuthorizedOperations)
  const wantsAll = request.topics === null || (apiVersion === 0 && request.topics.length === 0)
  const topics: TopicResponse[] = []
  if (wantsAll) for (const topic of broker.topics.all()) topics.push(describeTopic(topic, nodeId, operations))
  else {
    const mayCreate = broker.settings.autoCreateTopics && request.allowAutoTopicCreation
    for (const reference of request.topics ?? []) {
      const found = await findOrCreate(broker, reference, mayCreate)
      topics.push(
        typeof found === 'number' ? refuseTopic(reference, found) : describeTopic(found, nodeId, operations),
      )
    }
  }
  return {
    brokers: [{ nodeId, ...advertisedAddress(context), rack: null }],
    clusterId: broker.clusterId,
    controllerId: nodeId,
    topics,
    clusterAuthorizedOperations: authorizedOperations('cluster', request.includeClusterAuthorizedOperations),
  }
})
