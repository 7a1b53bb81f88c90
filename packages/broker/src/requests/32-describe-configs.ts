/**
 * DescribeConfigs (key 32, v1-v4): settings of topics and of this broker.
 *
 * - Answers resource by resource: one that does not exist never spoils the others.
 * - Keys that are asked for but unknown are left out, as Kafka does.
 * - The empty broker name means settings for all brokers that were changed while running: there are none.
 * - v3 adds types and documentation.
 */
import { DescribeConfigs, errorCodes, type RequestOf, type ResponseInputOf } from 'sluice-kafka-protocol'
import {
  type ConfigType,
  isTopicSetting,
  type TopicConfig,
  topicSetting,
  topicSettings,
} from '../log/topic-config.ts'
import { brokerConfigs } from './broker-configs.ts'
import { type ConfigRefusal, configResourceTypes, configSources } from './config-resources.ts'
import { type Broker, defineRequest } from './define.ts'

type Request = RequestOf<typeof DescribeConfigs>
type Resource = Request['resources'][number]
type Config = ResponseInputOf<typeof DescribeConfigs>['results'][number]['configs'][number]

/** Codes of KIP-569. */
const configTypeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  list: 7,
}

export const describeConfigs = defineRequest(DescribeConfigs, async (request, { broker }) => ({
  results: request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const described = describe(resource, request, broker)
    return 'errorCode' in described
      ? { resourceType, resourceName, ...described, configs: [] }
      : { resourceType, resourceName, errorCode: errorCodes.NONE, errorMessage: null, ...described }
  }),
}))

const describe = (
  resource: Resource,
  request: Request,
  broker: Broker,
): ConfigRefusal | { readonly configs: Config[] } => {
  const { resourceType, resourceName, configurationKeys } = resource
  const isAsked = (config: Config): boolean => configurationKeys?.includes(config.name) ?? true
  if (resourceType === configResourceTypes.topic) {
    const topic = broker.topics.get(resourceName)
    if (topic === undefined) {
      return {
        errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: `There is no topic '${resourceName}'`,
      }
    }
    return { configs: topicConfigs(topic.config, request).filter(isAsked) }
  }
  if (resourceType === configResourceTypes.broker) {
    if (resourceName === '') return { configs: [] }
    if (resourceName !== String(broker.nodeId)) {
      return {
        errorCode: errorCodes.INVALID_REQUEST,
        errorMessage: `This is broker ${broker.nodeId}, not '${resourceName}'`,
      }
    }
    return { configs: ownConfigs(broker, request).filter(isAsked) }
  }
  return {
    errorCode: errorCodes.INVALID_REQUEST,
    errorMessage: `This broker has settings of topics (2) and brokers (4), not of resource type ${resourceType}`,
  }
}

const topicConfigs = (config: TopicConfig, request: Request): Config[] =>
  Object.keys(topicSettings)
    .filter(isTopicSetting)
    .map((name) => {
      const setting = topicSettings[name]
      const isOwn = Object.hasOwn(config, name)
      const value = topicSetting(config, name)
      const byDefault = { name, value: setting.default, source: configSources.default }
      const own = { name, value, source: configSources.topic }
      return {
        name,
        value,
        readOnly: false,
        configSource: isOwn ? configSources.topic : configSources.default,
        isSensitive: false,
        synonyms: request.includeSynonyms ? (isOwn ? [own, byDefault] : [byDefault]) : [],
        configType: configTypeCodes[setting.type],
        documentation: request.includeDocumentation ? setting.help : null,
      }
    })

const ownConfigs = (broker: Broker, request: Request): Config[] =>
  brokerConfigs(broker.nodeId, broker.settings).map(({ name, type, value, help }) => ({
    name,
    value,
    readOnly: true,
    configSource: configSources.startOfBroker,
    isSensitive: false,
    synonyms: request.includeSynonyms ? [{ name, value, source: configSources.startOfBroker }] : [],
    configType: configTypeCodes[type],
    documentation: request.includeDocumentation ? help : null,
  }))
