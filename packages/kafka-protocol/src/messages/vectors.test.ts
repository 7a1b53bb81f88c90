/** Bytes that the generated classes of Kafka's own Java client (4.1) read and write for the same values. */
import { describe, expect, test } from 'vitest'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { Produce } from './00-produce.ts'
import { Fetch } from './01-fetch.ts'
import { Metadata } from './03-metadata.ts'
import { JoinGroup } from './11-join-group.ts'
import { ApiVersions } from './18-api-versions.ts'
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
