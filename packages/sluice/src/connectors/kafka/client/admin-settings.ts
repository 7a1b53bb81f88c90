/** Settings and partition counts of one topic for the admin port. */

import { isRetriableCode, type KafkaCluster, throwOn } from 'sluice-kafka-client/parts'
import {
  CreatePartitions,
  DescribeConfigs,
  errorCodes,
  IncrementalAlterConfigs,
  kafkaErrorOf,
} from 'sluice-kafka-protocol'
import type { TopicSetting } from '../../../flow/kafka-ports.ts'
import { fault } from '../../../kernel/faults/index.ts'

const topicResource = 2
/** Made for the topic itself. */
const ofTopic = 1
const operations = { set: 0, delete: 1 } as const
const changeTimeoutMs = 30_000

/** What is wrong with a change; what may pass is left to whoever tries again. @throws fault, KafkaError */
const refuse = (topic: string, code: number, says: string | null | undefined): void => {
  if (code === errorCodes.NONE) return
  if (code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) throw fault('NOT_FOUND', { kind: 'topic', name: topic })
  if (isRetriableCode(code)) throwOn(code, `topic ${topic}`, says ?? null)
  const problem = says === null || says === undefined || says === '' ? kafkaErrorOf(code).name : says
  throw fault('TOPIC_REFUSED', { topic, problem: problem.replace(/\.$/, '') })
}

/** Kafka's brokers call some settings otherwise, and in other units: `retention.ms` is their `log.retention.hours`. */
const unitOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** @throws fault NOT_FOUND; KafkaError */
export const topicSettings = async (
  cluster: KafkaCluster,
  topic: string,
): Promise<readonly TopicSetting[]> => {
  const answer = await cluster.ask(DescribeConfigs, {
    resources: [{ resourceType: topicResource, resourceName: topic, configurationKeys: null }],
    includeSynonyms: true,
  })
  const [result] = answer.results
  const code = result?.errorCode ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  if (result === undefined || code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
    throw fault('NOT_FOUND', { kind: 'topic', name: topic })
  }
  throwOn(code, `settings of topic ${topic}`, result.errorMessage)
  return result.configs.map(({ name, value, configSource, synonyms }) => ({
    name,
    value,
    isOwn: configSource === ofTopic,
    inherited:
      synonyms.find((each) => each.source !== ofTopic && unitOf(each.name) === unitOf(name))?.value ?? null,
  }))
}

/** @throws fault NOT_FOUND, TOPIC_REFUSED; KafkaError */
export const changeTopicSettings = async (
  cluster: KafkaCluster,
  topic: string,
  settings: ReadonlyMap<string, string | null>,
  validateOnly: boolean,
): Promise<void> => {
  const configs = Array.from(settings, ([name, value]) => ({
    name,
    configOperation: value === null ? operations.delete : operations.set,
    value,
  }))
  const answer = await cluster.askController(
    IncrementalAlterConfigs,
    { resources: [{ resourceType: topicResource, resourceName: topic, configs }], validateOnly },
    { timeoutMs: changeTimeoutMs },
  )
  const [result] = answer.responses
  refuse(topic, result?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR, result?.errorMessage)
}

/** @throws fault NOT_FOUND, TOPIC_REFUSED; KafkaError */
export const addPartitions = async (cluster: KafkaCluster, topic: string, total: number): Promise<void> => {
  const answer = await cluster.askController(
    CreatePartitions,
    {
      topics: [{ name: topic, count: total, assignments: null }],
      timeoutMs: changeTimeoutMs,
      validateOnly: false,
    },
    { timeoutMs: changeTimeoutMs + 5_000 },
  )
  const [result] = answer.results
  refuse(topic, result?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR, result?.errorMessage)
}
