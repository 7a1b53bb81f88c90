import { AlterConfigs, errorCodes } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { alterConfigs } from './33-alter-configs.ts'
import { ask, rigWith } from './admin-rig.suite.ts'

const orders = { name: 'orders', partitions: 1, config: { 'segment.bytes': '2048', 'retention.ms': '1000' } }

test.each([{ version: 0 }, { version: 2 }])(
  'v$version replaces all settings of a topic',
  async ({ version }) => {
    const { broker, topics } = rigWith(orders)
    const configs = [{ name: 'retention.ms', value: '5000' }]
    const resources = [{ resourceType: 2, resourceName: 'orders', configs }]
    const answer = await ask(alterConfigs, AlterConfigs, version, { resources, validateOnly: false }, broker)
    expect(answer.responses).toMatchObject([{ errorCode: 0, resourceName: 'orders' }])
    expect(topics.get('orders')?.config).toStrictEqual({ 'retention.ms': '5000' })
  },
)

test('one wrong value leaves all settings as they were', async () => {
  const { broker, topics } = rigWith(orders)
  const configs = [
    { name: 'retention.ms', value: '5000' },
    { name: 'segment.bytes', value: null },
  ]
  const resources = [{ resourceType: 2, resourceName: 'orders', configs }]
  const answer = await ask(alterConfigs, AlterConfigs, 2, { resources, validateOnly: false }, broker)
  expect(answer.responses).toMatchObject([{ errorCode: errorCodes.INVALID_REQUEST }])
  expect(topics.get('orders')?.config).toStrictEqual(orders.config)
})
