/** Settings and partition counts of one topic for the admin. */

import { CreatePartitions, DescribeConfigs, errorCodes, IncrementalAlterConfigs } from 'sluice-kafka-protocol'
import { type KafkaCluster, unknownTopic } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { refuse } from './refusal.ts'
import type { TopicSetting } from './states.ts'

const topicResource = 2
/** Made for the topic itself. */
const ofTopic = 1
const operations = { set: 0, delete: 1 } as const
const changeTimeoutMs = 30_000

/** Kafka's brokers call some settings otherwise, and in other units: `retention.ms` is their `log.retention.hours`. */
const unitOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** @throws KafkaError UNKNOWN_TOPIC and others */
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
    throw unknownTopic(topic)
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

/** @throws KafkaError UNKNOWN_TOPIC, TOPIC_REFUSED and others */
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

/** @throws KafkaError UNKNOWN_TOPIC, TOPIC_REFUSED and others */
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
