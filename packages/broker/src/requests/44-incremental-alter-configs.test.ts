import { errorCodes, IncrementalAlterConfigs } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { incrementalAlterConfigs } from './44-incremental-alter-configs.ts'
import { ask, type Rig, rigWith } from './admin-rig.suite.ts'
import { configOperations } from './config-changes.ts'

const orders = { name: 'orders', partitions: 1, config: { 'segment.bytes': '2048' } }
const offsets = { name: '__consumer_offsets', partitions: 1, internal: true }

const setting = (resourceName: string, name: string, value: string, resourceType = 2) => ({
  resourceType,
  resourceName,
  configs: [{ name, configOperation: configOperations.set, value }],
})

const alter = async (rig: Rig, resources: ReturnType<typeof setting>[], validateOnly = false) =>
  (await ask(incrementalAlterConfigs, IncrementalAlterConfigs, 1, { resources, validateOnly }, rig.broker))
    .responses

test('a setting is changed, the others stay', async () => {
  const rig = rigWith(orders)
  expect(await alter(rig, [setting('orders', 'retention.ms', '60000')])).toMatchObject([{ errorCode: 0 }])
  expect(rig.topics.get('orders')?.config).toStrictEqual({ 'segment.bytes': '2048', 'retention.ms': '60000' })
})

test('nothing changes when it is only to be checked', async () => {
  const rig = rigWith(orders)
  expect(await alter(rig, [setting('orders', 'retention.ms', '60000')], true)).toMatchObject([
    { errorCode: 0 },
  ])
  expect(rig.topics.get('orders')?.config).toStrictEqual(orders.config)
})

test('two requests at once lose nothing', async () => {
  const rig = rigWith(orders)
  await Promise.all([
    alter(rig, [setting('orders', 'retention.ms', '60000')]),
    alter(rig, [setting('orders', 'retention.bytes', '5')]),
  ])
  expect(rig.topics.get('orders')?.config).toStrictEqual({
    'segment.bytes': '2048',
    'retention.ms': '60000',
    'retention.bytes': '5',
  })
})

test('one refusal never spoils the others', async () => {
  const rig = rigWith(orders, offsets, { name: 'other', partitions: 1 })
  const answers = await alter(rig, [
    setting('missing', 'retention.ms', '1'),
    setting('__consumer_offsets', 'retention.ms', '1'),
    setting('1', 'num.partitions', '9', 4),
    setting('x', 'retention.ms', '1', 99),
    setting('orders', 'retention.ms', 'long'),
    setting('other', 'retention.ms', '1000'),
  ])
  expect(answers.map((answer) => answer.errorCode)).toStrictEqual([
    errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    errorCodes.POLICY_VIOLATION,
    errorCodes.INVALID_REQUEST,
    errorCodes.INVALID_REQUEST,
    errorCodes.INVALID_CONFIG,
    errorCodes.NONE,
  ])
  expect(answers.slice(0, 5).every((answer) => (answer.errorMessage ?? '') !== '')).toBe(true)
  expect(rig.topics.get('orders')?.config).toStrictEqual(orders.config)
  expect(rig.topics.get('other')?.config).toStrictEqual({ 'retention.ms': '1000' })
})

test('a topic named twice is left alone', async () => {
  const rig = rigWith(orders)
  const answers = await alter(rig, [
    setting('orders', 'retention.ms', '1'),
    setting('orders', 'flush.ms', '1'),
  ])
  expect(answers.map((answer) => answer.errorCode)).toStrictEqual([42, 42])
  expect(rig.topics.get('orders')?.config).toStrictEqual(orders.config)
})

test('a disk that refuses is told to the client and to the operator, and the next change works', async () => {
  const rig = rigWith(orders)
  rig.topics.diskRefuses = true
  expect(await alter(rig, [setting('orders', 'retention.ms', '1')])).toMatchObject([
    { errorCode: errorCodes.KAFKA_STORAGE_ERROR },
  ])
  expect(rig.reports).toStrictEqual([expect.stringContaining('ENOSPC')])
  rig.topics.diskRefuses = false
  expect(await alter(rig, [setting('orders', 'retention.ms', '1')])).toMatchObject([{ errorCode: 0 }])
})
