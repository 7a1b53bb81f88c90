import { CreatePartitions, errorCodes } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { createPartitions } from './37-create-partitions.ts'
import { ask, nodeId, type Rig, rigWith } from './admin-rig.suite.ts'

const rig = (): Rig =>
  rigWith({ name: 'orders', partitions: 2 }, { name: '__consumer_offsets', partitions: 4, internal: true })

type Wanted = { name: string; count: number; assignments?: { brokerIds: number[] }[] }

const create = async ({ broker }: Rig, topics: Wanted[], validateOnly = false, version = 3) => {
  const wanted = topics.map(({ assignments, ...topic }) => ({ ...topic, assignments: assignments ?? null }))
  const request = { topics: wanted, timeoutMs: 1_000, validateOnly }
  return (await ask(createPartitions, CreatePartitions, version, request, broker)).results
}

test.each([
  { says: 'without assignments', assignments: undefined },
  {
    says: 'with assignments to this broker',
    assignments: [{ brokerIds: [nodeId] }, { brokerIds: [nodeId] }],
  },
])('partitions are added $says', async ({ assignments }) => {
  const its = rig()
  const wanted = { name: 'orders', count: 4, ...(assignments === undefined ? {} : { assignments }) }
  expect(await create(its, [wanted])).toMatchObject([{ name: 'orders', errorCode: 0 }])
  expect(its.topics.get('orders')?.partitions).toHaveLength(4)
})

test('nothing is added when it is only to be checked', async () => {
  const its = rig()
  expect(await create(its, [{ name: 'orders', count: 4 }], true, 0)).toMatchObject([{ errorCode: 0 }])
  expect(its.topics.get('orders')?.partitions).toHaveLength(2)
})

test.each([
  { says: 'a topic that is not there', wanted: { name: 'x', count: 3 }, error: 'UNKNOWN_TOPIC_OR_PARTITION' },
  { says: 'the same count', wanted: { name: 'orders', count: 2 }, error: 'INVALID_PARTITIONS' },
  { says: 'a smaller count', wanted: { name: 'orders', count: 1 }, error: 'INVALID_PARTITIONS' },
  { says: 'far too many', wanted: { name: 'orders', count: 2_000_000 }, error: 'INVALID_PARTITIONS' },
  {
    says: 'a topic of the broker',
    wanted: { name: '__consumer_offsets', count: 9 },
    error: 'INVALID_REQUEST',
  },
  {
    says: 'too few assignments',
    wanted: { name: 'orders', count: 4, assignments: [{ brokerIds: [nodeId] }] },
    error: 'INVALID_REPLICA_ASSIGNMENT',
  },
  {
    says: 'a broker that is not there',
    wanted: { name: 'orders', count: 3, assignments: [{ brokerIds: [nodeId, 2] }] },
    error: 'INVALID_REPLICA_ASSIGNMENT',
  },
] as const)('$says is refused, and the other topic gets its partitions', async ({ wanted, error }) => {
  const its = rigWith(
    { name: 'orders', partitions: 2 },
    { name: '__consumer_offsets', partitions: 4, internal: true },
    { name: 'other', partitions: 1 },
  )
  const assignments =
    'assignments' in wanted
      ? wanted.assignments.map((each) => ({ brokerIds: [...each.brokerIds] }))
      : undefined
  const first = {
    name: wanted.name,
    count: wanted.count,
    ...(assignments === undefined ? {} : { assignments }),
  }
  const results = await create(its, [first, { name: 'other', count: 2 }])
  expect(results.map((result) => result.errorCode)).toStrictEqual([errorCodes[error], 0])
  expect(its.topics.get('orders')?.partitions).toHaveLength(2)
  expect(its.topics.get('other')?.partitions).toHaveLength(2)
})

test('a topic named twice is left alone', async () => {
  const its = rig()
  const results = await create(its, [
    { name: 'orders', count: 4 },
    { name: 'orders', count: 5 },
  ])
  expect(results.map((result) => result.errorCode)).toStrictEqual([42, 42])
  expect(its.topics.get('orders')?.partitions).toHaveLength(2)
})
