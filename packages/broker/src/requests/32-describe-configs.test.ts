import { DescribeConfigs, errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { topicSettings } from '../log/topic-config.ts'
import { describeConfigs } from './32-describe-configs.ts'
import { ask, nodeId, rigWith } from './admin-rig.suite.ts'
import { configResourceTypes } from './config-resources.ts'

const orders = { name: 'orders', partitions: 1, config: { 'retention.ms': '1000' } }

const described = async (
  resourceType: number,
  resourceName: string,
  keys: string[] | null = null,
  version = 4,
) => {
  const { broker } = rigWith(orders)
  const resources = [{ resourceType, resourceName, configurationKeys: keys }]
  const request = { resources, includeSynonyms: true, includeDocumentation: true }
  const { results } = await ask(describeConfigs, DescribeConfigs, version, request, broker)
  const [result] = results
  if (result === undefined) throw new Error('no result')
  return result
}

describe('settings of a topic', () => {
  test('are all known ones, with where each comes from', async () => {
    const { errorCode, configs } = await described(configResourceTypes.topic, 'orders')
    expect(errorCode).toBe(errorCodes.NONE)
    expect(configs.map((config) => config.name)).toStrictEqual(Object.keys(topicSettings))
    expect(configs.filter((config) => config.configSource === 1).map((config) => config.name)).toStrictEqual([
      'retention.ms',
    ])
  })

  test('say their type, their help and the default behind them', async () => {
    const { configs } = await described(configResourceTypes.topic, 'orders', [
      'retention.ms',
      'no.such.thing',
    ])
    expect(configs).toStrictEqual([
      {
        name: 'retention.ms',
        value: '1000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
        synonyms: [
          { name: 'retention.ms', value: '1000', source: 1 },
          { name: 'retention.ms', value: '604800000', source: 5 },
        ],
        configType: 5,
        documentation: topicSettings['retention.ms'].help,
      },
    ])
  })

  test('come in the oldest version too', async () => {
    const { configs } = await described(configResourceTypes.topic, 'orders', ['cleanup.policy'], 1)
    expect(configs).toMatchObject([{ value: 'delete', configSource: 5, configType: 0 }])
  })
})

test('settings of the broker cannot be changed', async () => {
  const { configs } = await described(configResourceTypes.broker, String(nodeId))
  expect(configs.every((config) => config.readOnly)).toBe(true)
  expect(configs).toContainEqual(expect.objectContaining({ name: 'num.partitions', value: '3' }))
})

test('the default of all brokers has no settings of its own', async () => {
  expect(await described(configResourceTypes.broker, '')).toMatchObject({ errorCode: 0, configs: [] })
})

test.each([
  { says: 'a topic that is not there', type: 2, name: 'other', error: errorCodes.UNKNOWN_TOPIC_OR_PARTITION },
  { says: 'another broker', type: 4, name: '77', error: errorCodes.INVALID_REQUEST },
  { says: 'a kind of resource without settings', type: 8, name: '1', error: errorCodes.INVALID_REQUEST },
])('$says is answered with an error of its own', async ({ type, name, error }) => {
  const result = await described(type, name)
  expect(result).toMatchObject({ resourceType: type, resourceName: name, errorCode: error, configs: [] })
  expect(result.errorMessage).toEqual(expect.any(String))
})
