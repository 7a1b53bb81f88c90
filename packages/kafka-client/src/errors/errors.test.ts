import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { brokerError, throwOn } from './broker-errors.ts'
import { catalogue } from './catalogue.ts'
import { isKafkaError, KafkaError, messageOf } from './kafka-error.ts'

describe('an error', () => {
  test.each([
    { code: errorCodes.OFFSET_OUT_OF_RANGE, becomes: 'OFFSET_OUT_OF_RANGE', advice: 'seek' },
    { code: errorCodes.NOT_LEADER_OR_FOLLOWER, becomes: 'BROKER_NOT_READY', advice: 'retry' },
    { code: errorCodes.UNKNOWN_SERVER_ERROR, becomes: 'BROKER_NOT_READY', advice: 'retry' },
    { code: errorCodes.UNKNOWN_TOPIC_ID, becomes: 'UNKNOWN_TOPIC', advice: 'retry' },
    { code: errorCodes.ILLEGAL_GENERATION, becomes: 'MEMBERSHIP_LOST', advice: 'retry' },
    { code: errorCodes.TOPIC_AUTHORIZATION_FAILED, becomes: 'NOT_AUTHORIZED', advice: 'give_up' },
    { code: errorCodes.MESSAGE_TOO_LARGE, becomes: 'RECORD_TOO_LARGE', advice: 'give_up' },
    { code: errorCodes.INVALID_REQUIRED_ACKS, becomes: 'BROKER_REFUSED', advice: 'give_up' },
    { code: 30_000, becomes: 'BROKER_REFUSED', advice: 'give_up' },
  ])('code $code of a broker is $becomes: $advice', ({ code, becomes, advice }) => {
    expect(brokerError(code, 'topic t')).toMatchObject({ code: becomes, advice, brokerCode: code })
  })

  test('says what it is about, the name of the code and the words of the broker', () => {
    expect(brokerError(errorCodes.INVALID_RECORD, 't/0', 'no key').message).toBe(
      't/0: INVALID_RECORD (no key)',
    )
    expect(brokerError(errorCodes.KAFKA_STORAGE_ERROR, 't/0', '').message).toBe('t/0: KAFKA_STORAGE_ERROR')
  })

  test('takes what it is given as it is', () => {
    const error = new KafkaError('OPTION_INVALID', '{problem}', 'costs $& and $1')
    expect(error.message).toBe('The option {problem} is wrong: costs $& and $1')
  })

  test('is told by its kind', () => {
    const cause = new Error('reset')
    const error = new KafkaError('CONNECTION_LOST', 'a:1', 'reset', cause)
    expect([
      isKafkaError(error),
      isKafkaError(error, 'CONNECTION_LOST'),
      isKafkaError(error, 'CLOSED'),
    ]).toStrictEqual([true, true, false])
    expect(isKafkaError(cause)).toBe(false)
    expect(error.cause).toBe(cause)
    expect(error.brokerCode).toBeNull()
  })

  test('is thrown for every code but none', () => {
    expect(() => throwOn(errorCodes.NONE, 'x')).not.toThrow()
    expect(() => throwOn(errorCodes.GROUP_ID_NOT_FOUND, 'group g')).toThrow('group g: GROUP_ID_NOT_FOUND')
  })
})

test.each(Object.entries(catalogue))('%s says what it is about, why, and what mends it', (_code, entry) => {
  expect(entry.says).toContain('{about}')
  expect(entry.says).toContain('{problem}')
  expect(entry.fix).toMatch(/^[A-Z].*\.$/)
})

test('a sentence is found in whatever is thrown', () => {
  expect(messageOf(new AggregateError([new Error('a'), 'b']))).toBe('a; b')
  expect(messageOf(new Error('c'))).toBe('c')
  expect(messageOf(7)).toBe('7')
})
