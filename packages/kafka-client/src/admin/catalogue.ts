/**
 * Facts about many topics at once for the admin: offsets, sizes, newest records, retention.
 *
 * The number of requests follows from the number of brokers, not of topics; requests have a bounded size.
 */

import {
  DescribeConfigs,
  DescribeLogDirs,
  errorCodes,
  ListOffsets,
  listOffsetsTimestamp,
} from 'sluice-kafka-protocol'
import type { KafkaCluster, TopicMetadata } from '../cluster/cluster.ts'
import { isKafkaError } from '../errors/kafka-error.ts'
import type { TopicOffsetsState } from './states.ts'

const consumerReplicaId = -1
const readUncommitted = 0
/** Partitions in one request. */
const partitionsMax = 20_000
/** Topics in one request for settings. */
const topicsMax = 1_000
const topicResource = 2
/** The first version that knows the newest record by its time. */
const maxTimestampSince = 7

interface Asked {
  readonly topic: string
  readonly partition: number
}

interface FoundOffset {
  readonly offset: bigint
  readonly timestamp: bigint
}

/** By topic and partition; what has no leader, or whose leader just moved, is left out. */
type FoundOffsets = ReadonlyMap<string, ReadonlyMap<number, FoundOffset>>

const chunksOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const byLeader = (topics: readonly TopicMetadata[]): ReadonlyMap<number, Asked[]> => {
  const asked = new Map<number, Asked[]>()
  for (const { name, partitions } of topics) {
    for (const { partition, leader } of partitions) {
      if (leader < 0) continue
      const known = asked.get(leader)
      if (known === undefined) asked.set(leader, [{ topic: name, partition }])
      else known.push({ topic: name, partition })
    }
  }
  return asked
}

/** @throws KafkaError */
const offsetsOf = async (
  cluster: KafkaCluster,
  topics: readonly TopicMetadata[],
  timestamp: bigint,
  versionLeast: number,
): Promise<FoundOffsets> => {
  const found = new Map<string, Map<number, FoundOffset>>()
  const ask = async (leader: number, asked: readonly Asked[]): Promise<void> => {
    const connection = await cluster.connectionTo(leader, 'control')
    if (connection.versionOf(ListOffsets) < versionLeast) return
    for (const chunk of chunksOf(asked, partitionsMax)) {
      const answer = await connection.request(ListOffsets, {
        replicaId: consumerReplicaId,
        isolationLevel: readUncommitted,
        topics: Array.from(
          Map.groupBy(chunk, ({ topic }) => topic),
          ([name, each]) => ({
            name,
            partitions: each.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
          }),
        ),
      })
      for (const { name, partitions } of answer.topics) {
        const known = found.get(name) ?? new Map<number, FoundOffset>()
        found.set(name, known)
        for (const each of partitions) {
          if (each.errorCode === errorCodes.NONE) known.set(each.partitionIndex, each)
        }
      }
    }
  }
  await Promise.all(Array.from(byLeader(topics), ([leader, asked]) => ask(leader, asked)))
  return found
}

/** @throws KafkaError */
export const catalogue = async (cluster: KafkaCluster): Promise<readonly TopicOffsetsState[]> => {
  const { topics } = await cluster.metadata(null)
  const [earliest, latest] = await Promise.all([
    offsetsOf(cluster, topics, listOffsetsTimestamp.earliest, 0),
    offsetsOf(cluster, topics, listOffsetsTimestamp.latest, 0),
  ])
  return topics.map(({ name, id, internal, partitions }) => ({
    name,
    id,
    internal,
    partitions: partitions.map(({ partition }) => ({
      partition,
      earliest: earliest.get(name)?.get(partition)?.offset ?? null,
      latest: latest.get(name)?.get(partition)?.offset ?? null,
    })),
  }))
}

/** @throws KafkaError */
export const newestTimes = async (
  cluster: KafkaCluster,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  if (names.length === 0) return new Map()
  const { topics } = await cluster.metadata(names)
  const found = await offsetsOf(cluster, topics, listOffsetsTimestamp.maxTimestamp, maxTimestampSince)
  const newest = new Map<string, number>()
  for (const [name, partitions] of found) {
    const timesMs = [...partitions.values()].map(({ timestamp }) => Number(timestamp))
    const timeMs = Math.max(-1, ...timesMs)
    if (timeMs >= 0) newest.set(name, timeMs)
  }
  return newest
}

/** null where a broker does not tell, or may not. @throws KafkaError */
export const topicSizes = async (cluster: KafkaCluster): Promise<ReadonlyMap<string, number> | null> => {
  const { nodeIds, topics } = await cluster.metadata(null)
  const leaders = new Map(topics.map(({ name, partitions }) => [name, partitions]))
  const sizes = new Map(topics.map(({ name }) => [name, 0]))
  const ask = async (nodeId: number): Promise<boolean> => {
    const connection = await cluster.connectionTo(nodeId, 'control')
    const answer = await connection.request(DescribeLogDirs, { topics: null })
    if (answer.errorCode !== errorCodes.NONE) return false
    for (const { name, partitions } of answer.results.flatMap((result) => result.topics)) {
      const led = leaders.get(name)
      for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
        if (isFutureKey || led?.[partitionIndex]?.leader !== nodeId) continue
        sizes.set(name, (sizes.get(name) ?? 0) + Number(partitionSize))
      }
    }
    return answer.results.every(({ errorCode }) => errorCode === errorCodes.NONE)
  }
  try {
    const told = await Promise.all(nodeIds.map(ask))
    return told.every(Boolean) ? sizes : null
  } catch (error) {
    // A broker too old to tell.
    if (isKafkaError(error, 'VERSION_UNSUPPORTED')) return null
    throw error
  }
}

/** Topics whose settings may not be read are left out. @throws KafkaError */
export const retentions = async (
  cluster: KafkaCluster,
  names: readonly string[],
): Promise<ReadonlyMap<string, number | null>> => {
  const found = new Map<string, number | null>()
  for (const chunk of chunksOf(names, topicsMax)) {
    const answer = await cluster.ask(DescribeConfigs, {
      resources: chunk.map((resourceName) => ({
        resourceType: topicResource,
        resourceName,
        configurationKeys: ['retention.ms', 'cleanup.policy'],
      })),
    })
    for (const { resourceName, errorCode, configs } of answer.results) {
      if (errorCode !== errorCodes.NONE) continue
      const valueOf = (key: string): string => configs.find(({ name }) => name === key)?.value ?? ''
      const retentionMs = Number(valueOf('retention.ms') || -1)
      const deletes = valueOf('cleanup.policy').includes('delete')
      found.set(resourceName, deletes && retentionMs >= 0 ? retentionMs : null)
    }
  }
  return found
}
