import { DescribeLogDirs } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { describeLogDirs } from './35-describe-log-dirs.ts'
import { ask, logDirectory, rigWith } from './admin-rig.suite.ts'

// Partition n of the rig has 1000 + n bytes.
const { broker } = rigWith({ name: 'a', partitions: 2 }, { name: 'b', partitions: 1 })

const sizes = async (topics: { topic: string; partitions: number[] }[] | null) => {
  const { results } = await ask(describeLogDirs, DescribeLogDirs, 4, { topics }, broker)
  return results.flatMap((result) =>
    result.topics.map(({ name, partitions }) => [
      name,
      partitions.map((partition) => [partition.partitionIndex, partition.partitionSize]),
    ]),
  )
}

test('without names, every partition has its size', async () => {
  expect(await sizes(null)).toStrictEqual([
    [
      'a',
      [
        [0, 1_000n],
        [1, 1_001n],
      ],
    ],
    ['b', [[0, 1_000n]]],
  ])
})

test('what is asked for but not there is left out', async () => {
  const asked = [
    { topic: 'a', partitions: [1, 2, -1] },
    { topic: 'x', partitions: [0] },
  ]
  expect(await sizes(asked)).toStrictEqual([['a', [[1, 1_001n]]]])
})

test.each([
  { version: 1, totalBytes: -1n, usableBytes: -1n },
  { version: 3, totalBytes: -1n, usableBytes: -1n },
  { version: 4, totalBytes: 500n, usableBytes: 200n },
  { version: 5, totalBytes: 500n, usableBytes: 200n },
])('v$version tells of the volume what that version has', async ({ version, totalBytes, usableBytes }) => {
  const { results } = await ask(describeLogDirs, DescribeLogDirs, version, { topics: [] }, broker)
  expect(results).toStrictEqual([
    { errorCode: 0, logDir: logDirectory.path, topics: [], isCordoned: false, totalBytes, usableBytes },
  ])
})

test('a volume that does not tell its size has none', async () => {
  const silent = { ...broker, logDirectory: { ...logDirectory, space: async () => null } }
  const { results } = await ask(describeLogDirs, DescribeLogDirs, 4, { topics: [] }, silent)
  expect(results).toMatchObject([{ totalBytes: -1n, usableBytes: -1n }])
})
