/**
 * Decides what becomes of a topic's settings when a client wants them changed. No disk, no sockets: the requests apply what
 * is decided here.
 */
import { errorCodes } from 'sluice-kafka-protocol'
import {
  checkTopicSetting,
  isTopicSetting,
  type TopicConfig,
  topicSetting,
  topicSettings,
} from '../log/topic-config.ts'
import type { ConfigRefusal } from './config-resources.ts'

/** Codes of KIP-339. */
export const configOperations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigChange {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

const refuse = (errorCode: number, errorMessage: string): ConfigRefusal => ({ errorCode, errorMessage })

export const isConfigRefusal = (decided: TopicConfig | ConfigRefusal): decided is ConfigRefusal =>
  'errorCode' in decided && typeof decided.errorCode === 'number'

/** The settings after all `changes`, or why none of them is made. */
export const changedConfig = (
  config: TopicConfig,
  changes: readonly ConfigChange[],
): TopicConfig | ConfigRefusal => {
  const next = new Map(Object.entries(config))
  const seen = new Set<string>()
  for (const change of changes) {
    if (seen.has(change.name)) {
      return refuse(errorCodes.INVALID_REQUEST, `The setting '${change.name}' is named twice`)
    }
    seen.add(change.name)
    const value = valueAfter(config, change)
    if (value !== null && typeof value === 'object') return value
    if (value === null) next.delete(change.name)
    else next.set(change.name, value)
  }
  return Object.fromEntries(next)
}

/** The value a setting gets; null when it goes back to the default. */
const valueAfter = (config: TopicConfig, change: ConfigChange): string | null | ConfigRefusal => {
  const { name, configOperation, value } = change
  if (!isTopicSetting(name)) {
    return refuse(errorCodes.INVALID_CONFIG, checkTopicSetting(name, '') ?? `Unknown setting: ${name}`)
  }
  if (configOperation === configOperations.delete) return null
  if (value === null) return refuse(errorCodes.INVALID_REQUEST, `The setting '${name}' needs a value`)
  if (configOperation === configOperations.set) return checked(name, value)
  if (configOperation !== configOperations.append && configOperation !== configOperations.subtract) {
    return refuse(errorCodes.INVALID_REQUEST, `There is no config operation ${configOperation}`)
  }
  if (topicSettings[name].type !== 'list') {
    return refuse(errorCodes.INVALID_CONFIG, `The setting '${name}' is no list: it can be set, not added to`)
  }
  const before = listOf(topicSetting(config, name))
  const named = listOf(value)
  const after =
    configOperation === configOperations.append
      ? [...before, ...named.filter((each) => !before.includes(each))]
      : before.filter((each) => !named.includes(each))
  return checked(name, after.join(','))
}

const checked = (name: string, value: string): string | ConfigRefusal => {
  const problem = checkTopicSetting(name, value)
  return problem === null ? value : refuse(errorCodes.INVALID_CONFIG, problem)
}

const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
