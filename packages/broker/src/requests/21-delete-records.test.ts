import { DeleteRecords, errorCodes } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { deleteRecords } from './21-delete-records.ts'
import { ask, type Rig, rigWith } from './admin-rig.suite.ts'

// Every log of the rig holds the offsets 10 to 99.
const rig = (): Rig =>
  rigWith({ name: 'orders', partitions: 2 }, { name: '__consumer_offsets', partitions: 1, internal: true })

const remove = async ({ broker }: Rig, name: string, partitionIndex: number, offset: bigint, version = 2) => {
  const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
  const answer = await ask(deleteRecords, DeleteRecords, version, { topics, timeoutMs: 1_000 }, broker)
  return answer.topics[0]?.partitions[0]
}

test.each([
  { says: 'an offset inside', offset: 40n, left: 40n },
  { says: '-1, which is everything', offset: -1n, left: 100n },
  { says: 'the end', offset: 100n, left: 100n },
  { says: 'an offset that is gone already', offset: 3n, left: 10n },
])('records before $says are gone', async ({ offset, left }) => {
  for (const version of [0, 1, 2]) {
    const its = rig()
    expect(await remove(its, 'orders', 1, offset, version)).toStrictEqual({
      partitionIndex: 1,
      lowWatermark: left,
      errorCode: 0,
    })
    expect(its.topics.get('orders')?.partitions.map((log) => log.logStartOffset)).toStrictEqual([10n, left])
  }
})

test.each([
  {
    says: 'an offset beyond the end',
    name: 'orders',
    partition: 0,
    offset: 101n,
    error: 'OFFSET_OUT_OF_RANGE',
  },
  { says: 'an offset below -1', name: 'orders', partition: 0, offset: -2n, error: 'OFFSET_OUT_OF_RANGE' },
  {
    says: 'a partition that is not there',
    name: 'orders',
    partition: 2,
    offset: 1n,
    error: 'UNKNOWN_TOPIC_OR_PARTITION',
  },
  {
    says: 'a topic that is not there',
    name: 'x',
    partition: 0,
    offset: 1n,
    error: 'UNKNOWN_TOPIC_OR_PARTITION',
  },
  {
    says: 'a topic of the broker',
    name: '__consumer_offsets',
    partition: 0,
    offset: 40n,
    error: 'POLICY_VIOLATION',
  },
] as const)('$says is refused and deletes nothing', async ({ name, partition, offset, error }) => {
  const its = rig()
  expect(await remove(its, name, partition, offset)).toMatchObject({
    errorCode: errorCodes[error],
    lowWatermark: -1n,
  })
  const starts = its.topics.all().flatMap((topic) => topic.partitions.map((log) => log.logStartOffset))
  expect(new Set(starts)).toStrictEqual(new Set([10n]))
})

test('a disk that refuses is told to the client and to the operator', async () => {
  const its = rig()
  its.topics.diskRefuses = true
  expect(await remove(its, 'orders', 0, 40n)).toMatchObject({ errorCode: errorCodes.KAFKA_STORAGE_ERROR })
  expect(its.reports).toStrictEqual([expect.stringContaining('ENOSPC')])
})
