import { describe, expect, test } from 'vitest'
import { formatPosition, laneOf, parsePosition, partitionOf } from './position.ts'

describe('a position', () => {
  test.each([
    { topicId: '4qbaX3FTToCTgouFcGZw9g', offset: 0n },
    { topicId: '-_baX3FTToCTgouFcGZw9g', offset: 9_223_372_036_854_775_807n },
    { topicId: '', offset: 7n },
  ])('of offset $offset survives as text', (position) => {
    expect(parsePosition(formatPosition(position))).toStrictEqual(position)
  })

  test.each(['', 'kafka:2:abc:1', 'kafka:1:abc:-1', 'kafka:1:abc:', 'file:1:abc:1', 'kafka:1:abc:1 '])(
    'is not read from %j',
    (text) => {
      expect(parsePosition(text)).toBeUndefined()
    },
  )
})

test('a lane names topic and partition, whatever the topic is called', () => {
  expect(partitionOf(laneOf('a.b-c_1', 12))).toBe(12)
  expect(partitionOf('orders')).toBeUndefined()
  expect(partitionOf('orders/x')).toBeUndefined()
})
