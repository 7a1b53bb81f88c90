import { describe, expect, test } from 'vitest'
import type { Group } from './group-state.ts'
import { emptyGroup } from './group-state.ts'
import { groupEndRecord, groupRecord, offsetRecord, readStoredRecord } from './offsets-records.ts'

const nowMs = 1_700_000_000_000
const key = { groupId: 'g', topic: 't', partition: 1 }
const committed = { offset: 42n, leaderEpoch: 7, metadata: 'hi', committedAtMs: 5, expiresAtMs: null }

const group: Group = {
  ...emptyGroup('g', 5),
  phase: 'Stable',
  generation: 3,
  protocolType: 'consumer',
  protocolName: 'range',
  leaderId: 'm',
  members: new Map([
    [
      'm',
      {
        id: 'm',
        instanceId: 'i',
        clientId: 'c',
        clientHost: '/h',
        sessionTimeoutMs: 10,
        rebalanceTimeoutMs: 20,
        protocols: [{ name: 'range', metadata: Buffer.from('s') }],
        assignment: Buffer.from('a'),
        awaitsJoin: false,
        awaitsSync: false,
        isNew: false,
        hasSynced: true,
        silentAtMs: nowMs + 10,
      },
    ],
  ]),
}

const hex = (...parts: string[]): string => parts.join('').replaceAll(' ', '')

describe('a record of __consumer_offsets', () => {
  test('has the bytes that Kafka writes for a committed offset', () => {
    const record = offsetRecord(key, committed)
    expect(record.key.toString('hex')).toBe(hex('0001', '0001 67', '0001 74', '00000001'))
    expect(record.value?.toString('hex')).toBe(
      hex('0003', '000000000000002a', '00000007', '0002 6869', '0000000000000005'),
    )
  })

  test('has the bytes that Kafka writes for an offset with an expiry of its own', () => {
    const record = offsetRecord(key, { ...committed, expiresAtMs: 9 })
    expect(record.value?.toString('hex')).toBe(
      hex('0001', '000000000000002a', '0002 6869', '0000000000000005', '0000000000000009'),
    )
  })

  test('has the bytes that Kafka writes for a group', () => {
    const record = groupRecord(group)
    expect(record.key.toString('hex')).toBe(hex('0002', '0001 67'))
    expect(record.value?.toString('hex')).toBe(
      hex(
        '0003',
        '0008 636f6e73756d6572',
        '00000003',
        '0005 72616e6765',
        '0001 6d',
        '0000000000000005',
        '00000001',
        '0001 6d',
        '0001 69',
        '0001 63',
        '0002 2f68',
        '00000014',
        '0000000a',
        '00000001 73',
        '00000001 61',
      ),
    )
  })

  test.each([
    { says: 'an offset', record: offsetRecord(key, committed), fact: { kind: 'offset', key, committed } },
    {
      says: 'the end of an offset',
      record: offsetRecord(key, null),
      fact: { kind: 'offset', key, committed: null },
    },
    {
      says: 'an offset that expires, which has no room for the epoch',
      record: offsetRecord(key, { ...committed, expiresAtMs: 9 }),
      fact: { kind: 'offset', key, committed: { ...committed, leaderEpoch: -1, expiresAtMs: 9 } },
    },
    { says: 'a group', record: groupRecord(group), fact: { kind: 'group', groupId: 'g', group } },
    {
      says: 'the end of a group',
      record: groupEndRecord('g'),
      fact: { kind: 'group', groupId: 'g', group: null },
    },
    {
      says: 'a group without members',
      record: groupRecord({ ...emptyGroup('g', 5), generation: 4, protocolType: 'consumer' }),
      fact: {
        kind: 'group',
        groupId: 'g',
        group: { ...emptyGroup('g', 5), generation: 4, protocolType: 'consumer' },
      },
    },
  ])('is read back: $says', ({ record, fact }) => {
    expect(readStoredRecord(record, nowMs)).toEqual(fact)
  })

  test.each([
    { version: 0, value: hex('0000', '000000000000002a', '0002 6869', '0000000000000005'), epoch: -1 },
    { version: 2, value: hex('0002', '000000000000002a', '0002 6869', '0000000000000005'), epoch: -1 },
    {
      version: 4,
      value: hex('0004', '000000000000002a', '00000007', '03 6869', '0000000000000005', '00'),
      epoch: 7,
    },
  ])('of an offset is read in version $version, as other brokers write it', ({ value, epoch }) => {
    const record = { key: offsetRecord(key, null).key, value: Buffer.from(value, 'hex') }
    expect(readStoredRecord(record, nowMs)).toEqual({
      kind: 'offset',
      key,
      committed: { ...committed, leaderEpoch: epoch },
    })
  })

  test('of a kind of the newer protocols is skipped', () => {
    expect(
      readStoredRecord({ key: Buffer.from(hex('0003', '0001 67'), 'hex'), value: null }, nowMs),
    ).toBeNull()
  })
})
