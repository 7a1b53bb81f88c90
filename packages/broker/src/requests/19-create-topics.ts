/**
 * CreateTopics (key 19, v2-v7): makes topics, or (validate only) says whether it would.
 *
 * - Answers topic by topic: one refusal never spoils the others.
 * - There is one broker, so there is one replica: more are refused, not pretended.
 */
import {
  CreateTopics,
  type ErrorCode,
  errorCodes,
  type RequestOf,
  type ResponseInputOf,
} from 'sluice-kafka-protocol'
import {
  checkTopicSetting,
  isTopicSetting,
  type TopicConfig,
  topicSetting,
  topicSettings,
} from '../log/topic-config.ts'
import { checkTopicName } from '../log/topic-registry.ts'
import { type Broker, defineRequest } from './define.ts'
import { isReservedName } from './topic-lookup.ts'

type TopicRequest = RequestOf<typeof CreateTopics>['topics'][number]
type TopicResponse = ResponseInputOf<typeof CreateTopics>['topics'][number]

/** Each partition is a folder with files; more than these in one topic is a slip of the keyboard. */
export const partitionsMax = 10_000
const configSource = { topic: 1, default: 5 } as const

interface Refusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

interface Plan {
  readonly partitions: number
  readonly config: TopicConfig
}

const refuse = (errorCode: ErrorCode, errorMessage: string): Refusal => ({ errorCode, errorMessage })

const isRefusal = (planned: Plan | Refusal): planned is Refusal => 'errorCode' in planned

const planAssigned = (topic: TopicRequest, nodeId: number): number | Refusal => {
  if (topic.numPartitions !== -1 || topic.replicationFactor !== -1) {
    return refuse(
      errorCodes.INVALID_REQUEST,
      'Give either assignments or numbers of partitions and replicas, not both',
    )
  }
  const indexes = new Set(topic.assignments.map((each) => each.partitionIndex))
  const areDense = topic.assignments.every((_, index) => indexes.has(index))
  if (!areDense || indexes.size !== topic.assignments.length) {
    return refuse(errorCodes.INVALID_REPLICA_ASSIGNMENT, 'Partitions must be numbered from 0 on, each once')
  }
  const isOurs = topic.assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId)
  return isOurs
    ? topic.assignments.length
    : refuse(
        errorCodes.INVALID_REPLICA_ASSIGNMENT,
        `Every partition must be on broker ${nodeId} alone: there is no other`,
      )
}

const planPartitions = (topic: TopicRequest, broker: Broker): number | Refusal => {
  if (topic.assignments.length > 0) return planAssigned(topic, broker.nodeId)
  if (topic.replicationFactor !== -1 && topic.replicationFactor !== 1) {
    return refuse(
      errorCodes.INVALID_REPLICATION_FACTOR,
      `Replication factor ${topic.replicationFactor} is not possible: there is one broker`,
    )
  }
  if (topic.numPartitions === -1) return broker.settings.defaultPartitions
  return topic.numPartitions >= 1 && topic.numPartitions <= partitionsMax
    ? topic.numPartitions
    : refuse(
        errorCodes.INVALID_PARTITIONS,
        `A topic has 1 to ${partitionsMax} partitions, not ${topic.numPartitions}`,
      )
}

const planConfig = (topic: TopicRequest): TopicConfig | string => {
  const config: Record<string, string> = {}
  for (const { name, value } of topic.configs) {
    if (value === null) return `Null value for ${name}`
    const problem = checkTopicSetting(name, value)
    if (problem !== null) return problem
    config[name] = value
  }
  return config
}

const plan = (topic: TopicRequest, names: readonly string[], broker: Broker): Plan | Refusal => {
  const { name } = topic
  if (names.filter((each) => each === name).length > 1) {
    return refuse(errorCodes.INVALID_REQUEST, `Topic '${name}' is named more than once`)
  }
  const badName = checkTopicName(name)
  if (badName !== null) return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, badName)
  if (isReservedName(name))
    return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, `'${name}' belongs to the broker`)
  if (broker.topics.get(name) !== undefined) {
    return refuse(errorCodes.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  const partitions = planPartitions(topic, broker)
  if (typeof partitions !== 'number') return partitions
  const config = planConfig(topic)
  return typeof config === 'string' ? refuse(errorCodes.INVALID_CONFIG, config) : { partitions, config }
}

const describeConfig = (config: TopicConfig): NonNullable<TopicResponse['configs']> =>
  Object.keys(topicSettings)
    .filter(isTopicSetting)
    .map((name) => ({
      name,
      value: topicSetting(config, name),
      readOnly: false,
      configSource: Object.hasOwn(config, name) ? configSource.topic : configSource.default,
      isSensitive: false,
    }))

const createTopic = async (
  topic: TopicRequest,
  names: readonly string[],
  validateOnly: boolean,
  broker: Broker,
): Promise<TopicResponse> => {
  const { name } = topic
  const planned = plan(topic, names, broker)
  if (isRefusal(planned)) return { name, ...planned }
  const made = { name, ...planned }
  const answer = {
    name,
    errorCode: errorCodes.NONE,
    numPartitions: planned.partitions,
    replicationFactor: 1,
    configs: describeConfig(planned.config),
  }
  if (validateOnly) return answer
  try {
    const created = await broker.topics.create(made)
    if (created === null)
      return { name, ...refuse(errorCodes.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`) }
    return { ...answer, topicId: created.id }
  } catch (error) {
    broker.report(`topic ${name} could not be created: ${String(error)}`)
    return { name, ...refuse(errorCodes.KAFKA_STORAGE_ERROR, 'The broker could not write to its disk') }
  }
}

export const createTopics = defineRequest(CreateTopics, async (request, { broker }) => {
  const names = request.topics.map((topic) => topic.name)
  return {
    topics: await Promise.all(
      request.topics.map((topic) => createTopic(topic, names, request.validateOnly, broker)),
    ),
  }
})
