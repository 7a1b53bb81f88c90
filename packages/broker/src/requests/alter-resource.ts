/** Changes the settings of one resource, for AlterConfigs and IncrementalAlterConfigs. */
import { errorCodes } from 'sluice-kafka-protocol'
import type { TopicConfig } from '../log/topic-config.ts'
import { type ConfigChange, changedConfig, isConfigRefusal } from './config-changes.ts'
import { configResourceTypes } from './config-resources.ts'
import type { Broker } from './define.ts'
import { type ChangeOutcome, changeTopics, makeChange } from './topic-changes.ts'

export interface ResourceChange {
  readonly resourceType: number
  readonly resourceName: string
  readonly changes: readonly ConfigChange[]
  /** Whether settings that are not named go back to their defaults. */
  readonly replacesAll: boolean
  readonly validateOnly: boolean
}

const refuse = (errorCode: number, errorMessage: string): ChangeOutcome => ({ errorCode, errorMessage })

/** Answers how the change of one resource ended. All of its settings change, or none. */
export const alterResource = (broker: Broker, change: ResourceChange): Promise<ChangeOutcome> =>
  changeTopics(broker.topics, async () => {
    const { resourceType, resourceName } = change
    if (resourceType === configResourceTypes.broker) {
      return refuse(
        errorCodes.INVALID_REQUEST,
        'Settings of the broker are given at start; they cannot be changed while it runs',
      )
    }
    if (resourceType !== configResourceTypes.topic) {
      return refuse(
        errorCodes.INVALID_REQUEST,
        `This broker has no settings of resource type ${resourceType}`,
      )
    }
    return alterTopic(broker, resourceName, change)
  })

const alterTopic = async (broker: Broker, name: string, change: ResourceChange): Promise<ChangeOutcome> => {
  const topic = broker.topics.get(name)
  if (topic === undefined) {
    return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic '${name}'`)
  }
  // Its settings are what keeps committed offsets: compacted, and never expired.
  if (topic.internal) return refuse(errorCodes.POLICY_VIOLATION, `The topic '${name}' is the broker's own`)
  const base: TopicConfig = change.replacesAll ? {} : topic.config
  const next = changedConfig(base, change.changes)
  if (isConfigRefusal(next)) return next
  if (change.validateOnly) return { errorCode: errorCodes.NONE, errorMessage: null }
  return makeChange(broker, name, () => broker.topics.configure(name, next))
}

/** Resources that a request names more than once: none of them is changed, for nobody can say which was meant. */
export const namedTwice = <Resource extends { readonly resourceType: number; readonly resourceName: string }>(
  resources: readonly Resource[],
): ReadonlySet<Resource> => {
  const byName = Map.groupBy(resources, ({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
  return new Set([...byName.values()].filter((same) => same.length > 1).flat())
}

export const twiceRefusal: ChangeOutcome = {
  errorCode: errorCodes.INVALID_REQUEST,
  errorMessage: 'The request names this resource more than once',
}
