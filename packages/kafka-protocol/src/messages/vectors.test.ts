/** Bytes that the generated classes of Kafka's own Java client (4.1, and 4.3 for transactions, groups and access rules) read and write for the same values. */
import { describe, expect, test } from 'vitest'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { Produce } from './00-produce.ts'
import { Fetch } from './01-fetch.ts'
import { Metadata } from './03-metadata.ts'
import { JoinGroup } from './11-join-group.ts'
import { ApiVersions } from './18-api-versions.ts'
import { AddPartitionsToTxn } from './24-add-partitions-to-txn.ts'
import { EndTxn } from './26-end-txn.ts'
import { TxnOffsetCommit } from './28-txn-offset-commit.ts'
import { DescribeAcls } from './29-describe-acls.ts'
import { ListTransactions } from './66-list-transactions.ts'
import { ConsumerGroupHeartbeat } from './68-consumer-group-heartbeat.ts'
import { DescribeTopicPartitions } from './75-describe-topic-partitions.ts'

const topicId = 'AQIDBAUGBwgJCgsMDQ4PEA'

const written = (write: (writer: Writer) => void): string => {
  const writer = new Writer()
  write(writer)
  return writer.toBuffer().toString('hex')
}

const readerOf = (hex: string): Reader => new Reader(Buffer.from(hex, 'hex'))

describe('Produce v3 request', () => {
  const hex = 'ffffffff000005dc0000000100066f72646572730000000100000002000000056261746368'
  const request = {
    acks: -1,
    timeoutMs: 1500,
    topicData: [{ name: 'orders', partitionData: [{ index: 2, records: Buffer.from('batch') }] }],
  }
  test('is written with lengths of two and four bytes', () => {
    expect(written((writer) => Produce.encodeRequest(3, request, writer))).toBe(hex)
  })
  test('is read, its records as a view of the frame', () => {
    const reader = readerOf(hex)
    const [topic] = Produce.decodeRequest(3, reader).topicData
    const records = topic?.partitionData[0]?.records
    expect(records?.toString()).toBe('batch')
    reader.buffer.write('BATCH', reader.buffer.length - 5)
    expect(records?.toString()).toBe('BATCH')
  })
})

test('Produce v13 request names topics by id, with compact lengths', () => {
  const request = {
    transactionalId: 'tx',
    acks: 1,
    timeoutMs: 1500,
    topicData: [{ topicId, partitionData: [{ index: 2, records: null }] }],
  }
  expect(written((writer) => Produce.encodeRequest(13, request, writer))).toBe(
    '0374780001000005dc020102030405060708090a0b0c0d0e0f10020000000200000000',
  )
})

test('Fetch v16 response carries tagged fields only where they say something', () => {
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 5n,
    abortedTransactions: [{ producerId: 7n, firstOffset: 1n }],
    records: [Buffer.from('one'), Buffer.from('two')],
  }
  const response = {
    responses: [
      { topicId, partitions: [partition, { ...partition, currentLeader: { leaderId: 3, leaderEpoch: 9 } }] },
    ],
    nodeEndpoints: [{ nodeId: 3, host: 'b', port: 9092 }],
  }
  expect(written((writer) => Fetch.encodeResponse(16, response, writer))).toBe(
    '00000000000000000000020102030405060708090a0b0c0d0e0f10030000000000000000000000000005ffffffffffffffffffffffffffffffff020000000000000007000000000000000100ffffffff076f6e6574776f000000000000000000000000000005ffffffffffffffffffffffffffffffff020000000000000007000000000000000100ffffffff076f6e6574776f0101090000000300000009000001000d02000000030262000023840000',
  )
})

test.each([
  { version: 0, topics: [{ name: 'a' }], hex: '00000001000161' },
  { version: 1, topics: null, hex: 'ffffffff' },
  { version: 8, topics: [{ name: 'a' }], hex: '00000001000161010000' },
  { version: 12, topics: [{ topicId, name: null }], hex: '020102030405060708090a0b0c0d0e0f100000010000' },
])('Metadata v$version request asks in the form of its version', ({ version, topics, hex }) => {
  expect(written((writer) => Metadata.encodeRequest(version, { topics }, writer))).toBe(hex)
  expect(Metadata.decodeRequest(version, readerOf(hex)).topics).toMatchObject(topics ?? {})
})

test('JoinGroup v7 response may leave the protocol open', () => {
  const response = {
    errorCode: 0,
    generationId: 4,
    protocolName: null,
    leader: 'm',
    memberId: 'm',
    members: [{ memberId: 'm', metadata: Buffer.from([1, 2]) }],
  }
  expect(written((writer) => JoinGroup.encodeResponse(7, response, writer))).toBe(
    '000000000000000000040000026d026d02026d000301020000',
  )
})

test('ApiVersions v3 response keeps features behind tags', () => {
  const response = {
    errorCode: 0,
    apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    finalizedFeaturesEpoch: 2n,
    supportedFeatures: [{ name: 'f', minVersion: 1, maxVersion: 2 }],
  }
  const hex = '0000020012000000040000000000020008020266000100020001080000000000000002'
  expect(written((writer) => ApiVersions.encodeResponse(3, response, writer))).toBe(hex)
  expect(ApiVersions.decodeResponse(3, readerOf(hex))).toMatchObject({ ...response, finalizedFeatures: [] })
})

test.each([
  { says: 'no page', cursor: null, hex: '02026100000007d0ff00' },
  {
    says: 'a page',
    cursor: { topicName: 'a', partitionIndex: 6 },
    hex: '02026100000007d0010261000000060000',
  },
])('DescribeTopicPartitions request begins at $says', ({ cursor, hex }) => {
  expect(
    written((writer) =>
      DescribeTopicPartitions.encodeRequest(0, { topics: [{ name: 'a' }], cursor }, writer),
    ),
  ).toBe(hex)
  expect(DescribeTopicPartitions.decodeRequest(0, readerOf(hex)).cursor).toStrictEqual(cursor)
})

describe('transactions', () => {
  const producer = { transactionalId: 'tx', producerId: 7000n, producerEpoch: 3 }
  test('AddPartitionsToTxn v3 request has one transaction at its top', () => {
    const request = {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: 7000n,
      v3AndBelowProducerEpoch: 3,
      v3AndBelowTopics: [{ name: 'orders', partitions: [1, 2] }],
    }
    const hex = '0374780000000000001b58000302076f72646572730300000001000000020000'
    expect(written((writer) => AddPartitionsToTxn.encodeRequest(3, request, writer))).toBe(hex)
    expect(AddPartitionsToTxn.decodeRequest(3, readerOf(hex))).toMatchObject(request)
  })

  test('TxnOffsetCommit v3 request names the member', () => {
    const partition = {
      partitionIndex: 4,
      committedOffset: 1_234_567_890_123n,
      committedLeaderEpoch: 9,
      committedMetadata: 'm',
    }
    const topics = [{ name: 'orders', partitions: [partition] }]
    const request = { ...producer, groupId: 'g', generationId: 5, memberId: 'me', topics }
    const hex =
      '03747802670000000000001b58000300000005036d650002076f726465727302000000040000011f71fb04cb00000009026d000000'
    expect(written((writer) => TxnOffsetCommit.encodeRequest(3, request, writer))).toBe(hex)
    expect(TxnOffsetCommit.decodeRequest(3, readerOf(hex))).toStrictEqual({
      ...request,
      groupInstanceId: null,
    })
  })

  test('EndTxn v5 response tells the epoch of the next transaction', () => {
    const hex = '0000000000330000000000001b58000300'
    const response = { throttleTimeMs: 0, errorCode: 51, producerId: 7000n, producerEpoch: 3 }
    expect(written((writer) => EndTxn.encodeResponse(5, response, writer))).toBe(hex)
    expect(EndTxn.decodeResponse(5, readerOf(hex))).toStrictEqual(response)
  })

  test('ListTransactions v2 request filters by state, producer, age and pattern', () => {
    const request = {
      stateFilters: ['Ongoing'],
      producerIdFilters: [7n],
      durationFilter: 1000n,
      transactionalIdPattern: 't.*',
    }
    const hex = '02084f6e676f696e6702000000000000000700000000000003e804742e2a00'
    expect(written((writer) => ListTransactions.encodeRequest(2, request, writer))).toBe(hex)
    expect(ListTransactions.decodeRequest(2, readerOf(hex))).toStrictEqual(request)
  })
})

describe('ConsumerGroupHeartbeat v1', () => {
  test('request subscribes, and tells what the member has', () => {
    const request = {
      groupId: 'g',
      memberId: 'me',
      memberEpoch: -1,
      rebalanceTimeoutMs: 45_000,
      subscribedTopicNames: ['a', 'b'],
      subscribedTopicRegex: 'c.*',
      topicPartitions: [{ topicId, partitions: [0, 3] }],
    }
    const hex =
      '0267036d65ffffffff00000000afc8030261026204632e2a00020102030405060708090a0b0c0d0e0f100300000000000000030000'
    expect(written((writer) => ConsumerGroupHeartbeat.encodeRequest(1, request, writer))).toBe(hex)
    expect(ConsumerGroupHeartbeat.decodeRequest(1, readerOf(hex))).toMatchObject(request)
  })

  test('response tells what the member shall have', () => {
    const response = {
      errorCode: 0,
      memberId: 'me',
      memberEpoch: 2,
      heartbeatIntervalMs: 5000,
      assignment: { topicPartitions: [{ topicId, partitions: [7] }] },
    }
    const hex = '00000000000000036d65000000020000138801020102030405060708090a0b0c0d0e0f100200000007000000'
    expect(written((writer) => ConsumerGroupHeartbeat.encodeResponse(1, response, writer))).toBe(hex)
    expect(ConsumerGroupHeartbeat.decodeResponse(1, readerOf(hex))).toMatchObject(response)
  })
})

test('DescribeAcls v3 request matches everything by null', () => {
  const request = {
    resourceTypeFilter: 2,
    resourceNameFilter: null,
    patternTypeFilter: 4,
    principalFilter: 'User:a',
    hostFilter: null,
    operation: 3,
    permissionType: 1,
  }
  const hex = '02000407557365723a6100030100'
  expect(written((writer) => DescribeAcls.encodeRequest(3, request, writer))).toBe(hex)
  expect(DescribeAcls.decodeRequest(3, readerOf(hex))).toStrictEqual(request)
})

test('a tagged field nobody knows is stepped over', () => {
  const known = written((writer) => ApiVersions.encodeRequest(3, { clientSoftwareName: 'c' }, writer))
  const withTags = `${known.slice(0, -2)}02${'05'}01ff${'ac02'}03000000`
  expect(ApiVersions.decodeRequest(3, readerOf(withTags))).toStrictEqual({
    clientSoftwareName: 'c',
    clientSoftwareVersion: '',
  })
})

describe('encoding a value that does not fit says which field', () => {
  const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 0n, records: null }
  test.each([
    { says: 'an integer too large', changes: { errorCode: 40_000 }, error: RangeError },
    { says: 'null where none is allowed', changes: { errorCode: null }, error: Error },
    { says: 'another type', changes: { errorCode: '3' }, error: TypeError },
    { says: 'a missing field', changes: { errorCode: undefined }, error: TypeError },
  ])('$says', ({ changes, error }) => {
    const response = { responses: [{ topic: 'a', partitions: [{ ...partition, ...changes }] }] }
    const write = (): string => written((writer) => Fetch.encodeResponse(4, response as never, writer))
    expect(write).toThrow(error)
    expect(write).toThrow(/responses: partitions: .*errorCode/)
  })
})
