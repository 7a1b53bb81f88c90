import { expect, test } from 'vitest'
import { errorCodes, kafkaErrorOf, kafkaErrors } from './errors.ts'

test('codes run from -1 without a gap', () => {
  expect(kafkaErrors.map((error) => error.code)).toStrictEqual(kafkaErrors.map((_, index) => index - 1))
})

test.each([
  { code: errorCodes.NONE, name: 'NONE', isRetriable: false },
  { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', isRetriable: true },
  { code: 27, name: 'REBALANCE_IN_PROGRESS', isRetriable: false },
  { code: 56, name: 'KAFKA_STORAGE_ERROR', isRetriable: true },
  { code: 100, name: 'UNKNOWN_TOPIC_ID', isRetriable: true },
])('$code is $name', ({ code, name, isRetriable }) => {
  expect(kafkaErrorOf(code)).toStrictEqual({ code, name, isRetriable })
})

test('a code nobody knows is an unknown server error', () => {
  expect(kafkaErrorOf(32_000).name).toBe('UNKNOWN_SERVER_ERROR')
})
