import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from './codec/protocol-error.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './consumer-protocol.ts'

const subscription = {
  topics: ['orders', 'payments'],
  userData: Buffer.from('sticky'),
  ownedPartitions: [{ topic: 'orders', partitions: [0, 2] }],
  generationId: 7,
  rackId: 'a',
}

describe('a subscription', () => {
  test.each([
    { version: 0, ownedPartitions: [], generationId: -1, rackId: null },
    { version: 1, generationId: -1, rackId: null },
    { version: 2, rackId: null },
    { version: 3 },
  ])('of version $version keeps what that version has', ({ version, ...absent }) => {
    expect(decodeSubscription(encodeSubscription(subscription, version))).toStrictEqual({
      ...subscription,
      ...absent,
    })
  })

  test('is written as other clients write it', () => {
    const known = Buffer.from('0000' + '00000001' + '000161' + 'ffffffff', 'hex')
    expect(encodeSubscription({ topics: ['a'] }, 0)).toStrictEqual(known)
    expect(decodeSubscription(known).topics).toStrictEqual(['a'])
  })

  test('of a later version is read as the newest known one', () => {
    const later = Buffer.concat([encodeSubscription(subscription), Buffer.from('something new')])
    later.writeInt16BE(9, 0)
    expect(decodeSubscription(later)).toStrictEqual(subscription)
  })
})

describe('an assignment', () => {
  test('survives the way', () => {
    const assignment = { assignedPartitions: [{ topic: 'orders', partitions: [1] }], userData: null }
    expect(decodeAssignment(encodeAssignment(assignment))).toStrictEqual(assignment)
  })

  test('without bytes holds nothing', () => {
    expect(decodeAssignment(Buffer.alloc(0)).assignedPartitions).toStrictEqual([])
  })
})

test.each([
  { says: 'subscription', decode: (bytes: Buffer): unknown => decodeSubscription(bytes) },
  { says: 'assignment', decode: (bytes: Buffer): unknown => decodeAssignment(bytes) },
])('random bytes are a $says or a ProtocolError', ({ decode }) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      const outcome = ((): unknown => {
        try {
          return typeof decode(Buffer.from([0, 1, ...noise]))
        } catch (error) {
          return error instanceof ProtocolError ? 'object' : error
        }
      })()
      expect(outcome).toBe('object')
    }),
    { seed: 1, numRuns: 300 },
  )
})
