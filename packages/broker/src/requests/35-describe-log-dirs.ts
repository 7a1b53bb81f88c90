/**
 * DescribeLogDirs (key 35, v1-v5): the size of partitions on disk (KIP-113). There is one directory.
 *
 * - No topics means all; what is asked for but not there is left out, as Kafka does.
 * - v4 adds the size and the free bytes of the volume (KIP-827); -1 where the system does not tell.
 * - Interfaces show a cluster without this answer as offline.
 */
import { DescribeLogDirs, errorCodes, type RequestOf } from 'sluice-kafka-protocol'
import { type Broker, defineRequest } from './define.ts'

type Asked = NonNullable<RequestOf<typeof DescribeLogDirs>['topics']>[number]

const volumeSince = 4
const unknownVolume = { totalBytes: -1n, usableBytes: -1n }

export const describeLogDirs = defineRequest(DescribeLogDirs, async (request, { broker, apiVersion }) => {
  const { path, space } = broker.logDirectory
  const volume = apiVersion < volumeSince ? {} : ((await space()) ?? unknownVolume)
  const topics = request.topics === null ? allTopics(broker) : namedTopics(broker, request.topics)
  return { results: [{ errorCode: errorCodes.NONE, logDir: path, topics, ...volume }] }
})

const allTopics = (broker: Broker) =>
  broker.topics.all().map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((log) => sizeOf(log.partition, log.sizeBytes)),
  }))

const namedTopics = (broker: Broker, asked: readonly Asked[]) =>
  asked.flatMap(({ topic, partitions }) => {
    const logs = broker.topics.get(topic)?.partitions
    if (logs === undefined) return []
    const sizes = partitions.flatMap((partition) => {
      const log = logs[partition]
      return log === undefined ? [] : [sizeOf(partition, log.sizeBytes)]
    })
    return [{ name: topic, partitions: sizes }]
  })

const sizeOf = (partitionIndex: number, sizeBytes: number) => ({
  partitionIndex,
  partitionSize: BigInt(sizeBytes),
  // A log that lags behind, or will replace another, exists only while it moves between directories.
  offsetLag: 0n,
  isFutureKey: false,
})
