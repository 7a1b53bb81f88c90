import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { changedConfig, configOperations } from './config-changes.ts'

const config = { 'retention.ms': '1000', 'segment.bytes': '2048' }
const { set, append, subtract } = configOperations

describe('a change of settings', () => {
  test.each([
    {
      says: 'sets one and keeps the others',
      changes: [{ name: 'retention.ms', configOperation: set, value: '5' }],
      gives: { 'retention.ms': '5', 'segment.bytes': '2048' },
    },
    {
      says: 'sends one back to its default',
      changes: [{ name: 'retention.ms', configOperation: configOperations.delete, value: null }],
      gives: { 'segment.bytes': '2048' },
    },
    {
      says: 'deletes what was never set',
      changes: [{ name: 'flush.ms', configOperation: configOperations.delete, value: null }],
      gives: config,
    },
    {
      says: 'appends to a list what is not in it yet',
      changes: [{ name: 'cleanup.policy', configOperation: append, value: 'delete' }],
      gives: { ...config, 'cleanup.policy': 'delete' },
    },
  ])('$says', ({ changes, gives }) => {
    expect(changedConfig(config, changes)).toStrictEqual(gives)
  })

  test.each([
    {
      says: 'an unknown setting',
      change: { name: 'colour', configOperation: set, value: 'red' },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'deleting an unknown setting',
      change: { name: 'colour', configOperation: 1, value: null },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'a value out of range',
      change: { name: 'segment.bytes', configOperation: set, value: '1' },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'compaction',
      change: { name: 'cleanup.policy', configOperation: append, value: 'compact' },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'a list without entries',
      change: { name: 'cleanup.policy', configOperation: subtract, value: 'delete' },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'appending to a number',
      change: { name: 'segment.bytes', configOperation: append, value: '1' },
      error: 'INVALID_CONFIG',
    },
    {
      says: 'no value',
      change: { name: 'segment.bytes', configOperation: set, value: null },
      error: 'INVALID_REQUEST',
    },
    {
      says: 'an operation nobody knows',
      change: { name: 'segment.bytes', configOperation: 9, value: '1' },
      error: 'INVALID_REQUEST',
    },
    {
      says: 'a name from the prototype',
      change: { name: 'constructor', configOperation: set, value: '1' },
      error: 'INVALID_CONFIG',
    },
  ] as const)('is refused with $says', ({ change, error }) => {
    expect(changedConfig(config, [change])).toMatchObject({ errorCode: errorCodes[error] })
  })

  test('is refused when it names a setting twice', () => {
    const change = { name: 'retention.ms', configOperation: set, value: '5' }
    expect(changedConfig(config, [change, change])).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST })
  })
})
