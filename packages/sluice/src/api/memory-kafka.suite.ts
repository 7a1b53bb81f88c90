/** A cluster of one broker in memory, for tests. */
import { BatchBuilder } from '../flow/batch-builder.ts'
import type { OutgoingRecord, SentRecord, TopicState } from '../flow/kafka-ports.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Kafka } from './ports.ts'

interface StoredTopic {
  readonly id: string
  readonly partitions: OutgoingRecord[][]
  readonly configs: Readonly<Record<string, string>>
}

type Topics = Map<string, StoredTopic>

/** A mark as transactions leave them: it has an offset and is never seen. */
export const control: Omit<OutgoingRecord, 'topic' | 'partition'> = {
  key: null,
  value: null,
  headers: [{ key: 'control', value: null }],
  timeMs: 0,
}

/** Records as the batch that a fetch would have brought; null where it held only marks. */
const batchOf = (topic: string, records: readonly OutgoingRecord[], first: bigint): RecordBatch | null => {
  const builder = new BatchBuilder()
  for (const [i, { key, value, headers, timeMs }] of records.entries()) {
    if (headers !== control.headers) builder.add({ key, value, headers, timeMs, number: first + BigInt(i) })
  }
  if (builder.count === 0) return null
  const next = String(first + BigInt(records.length))
  return builder.build({ pipeline: 'test', incarnation: 'test', lane: topic, stream: topic, next })
}

const isInternal = (name: string): boolean => name.startsWith('__')

const stateOf = (name: string, topic: StoredTopic): TopicState => ({
  name,
  id: topic.id,
  internal: isInternal(name),
  partitions: topic.partitions.map((records, partition) => ({
    partition,
    leader: 1,
    replicas: [1],
    inSyncReplicas: [1],
    earliest: 0n,
    latest: BigInt(records.length),
  })),
})

const adminOf = (topics: Topics): Kafka['admin'] => ({
  topics: async () =>
    [...topics].map(([name, { id, partitions }]) => ({
      name,
      id,
      partitions: partitions.length,
      internal: isInternal(name),
    })),
  topic: async (name) => {
    const topic = topics.get(name)
    return topic === undefined ? null : stateOf(name, topic)
  },
  topicConfigs: async (name) => topics.get(name)?.configs ?? {},
  createTopic: async ({ name, partitions, configs }) => {
    if (topics.has(name)) throw fault('TOPIC_EXISTS', { topic: name })
    const id = `00000000-0000-0000-0000-${String(topics.size).padStart(12, '0')}`
    topics.set(name, { id, configs, partitions: Array.from({ length: partitions }, () => []) })
  },
  deleteTopic: async (name) => {
    topics.delete(name)
  },
  offsetsAt: async (name, timeMs) =>
    new Map(
      (topics.get(name)?.partitions ?? []).map((records, partition) => {
        const index = records.findIndex((record) => record.timeMs >= timeMs)
        return [partition, BigInt(index < 0 ? records.length : index)]
      }),
    ),
})

// Small, so that a page takes several fetches.
const fewRecords = 7

const peekOf = (topics: Topics, fetchRecordsMax: number): Kafka['peek'] => ({
  read: async ({ topic, from, waitMs }, signal) => {
    const found = [...from].flatMap(([partition, offset]) => {
      const records = topics.get(topic)?.partitions[partition] ?? []
      // Like a broker, which gives back the whole batch that holds the offset: one record early.
      const start = offset < BigInt(records.length) ? Math.max(0, Number(offset) - 1) : records.length
      const fetched = records.slice(start, start + fetchRecordsMax)
      if (fetched.length === 0) return []
      const batch = batchOf(topic, fetched, BigInt(start))
      return [{ partition, batch, next: BigInt(start + fetched.length), latest: BigInt(records.length) }]
    })
    if (found.length === 0) await systemClock.sleep(Math.min(waitMs, 20), signal)
    return found
  },
})

export const memoryKafka = (fetchRecordsMax = fewRecords): Kafka & { readonly topics: Topics } => {
  const topics: Topics = new Map()
  return {
    topics,
    admin: adminOf(topics),
    writer: {
      send: async (records) =>
        records.map((record): SentRecord => {
          const partition = record.partition ?? 0
          const stored = topics.get(record.topic)?.partitions[partition]
          if (stored === undefined) throw fault('NOT_FOUND', { kind: 'topic', name: record.topic })
          stored.push(record)
          return { topic: record.topic, partition, offset: BigInt(stored.length - 1) }
        }),
    },
    peek: peekOf(topics, fetchRecordsMax),
    openPeek: async () => ({
      ...peekOf(topics, fetchRecordsMax),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  }
}
