/** A cluster of one broker in memory, for tests. */
import { BatchBuilder } from '../flow/batch-builder.ts'
import type {
  GroupMemberState,
  GroupState,
  LogBatch,
  OutgoingRecord,
  SentRecord,
  TopicState,
} from '../flow/kafka-ports.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { systemClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Kafka } from './ports.ts'

interface StoredTopic {
  readonly id: string
  readonly partitions: OutgoingRecord[][]
  configs: Readonly<Record<string, string>>
}

/** A consumer group; tests put them in. */
export interface StoredGroup {
  members: readonly GroupMemberState[]
  /** Offsets by topic and partition. */
  readonly offsets: Map<string, Map<number, bigint>>
}

type Groups = Map<string, StoredGroup>

type Topics = Map<string, StoredTopic>

/** A mark as transactions leave them: it has an offset and is never seen. */
export const control: Omit<OutgoingRecord, 'topic' | 'partition'> = {
  key: null,
  value: null,
  headers: [{ key: 'control', value: null }],
  timeMs: 0,
}

/** Records as the batch that a fetch would have brought; null where it held only marks. */
const batchOf = (lane: string, records: readonly OutgoingRecord[], first: bigint): RecordBatch | null => {
  const builder = new BatchBuilder()
  for (const [i, { key, value, headers, timeMs }] of records.entries()) {
    if (headers !== control.headers) builder.add({ key, value, headers, timeMs, number: first + BigInt(i) })
  }
  if (builder.count === 0) return null
  const next = String(first + BigInt(records.length))
  return builder.build({
    pipeline: 'test',
    incarnation: 'test',
    lane,
    stream: lane.replace(/\/\d+$/, ''),
    next,
  })
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

const offsetsAt = (topics: Topics, name: string, timeMs: number): ReadonlyMap<number, bigint> =>
  new Map(
    (topics.get(name)?.partitions ?? []).map((records, partition) => {
      const index = records.findIndex((record) => record.timeMs >= timeMs)
      return [partition, BigInt(index < 0 ? records.length : index)]
    }),
  )

const defaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
}

const groupStateOf = (name: string, { members, offsets }: StoredGroup): GroupState => ({
  name,
  state: members.length === 0 ? 'Empty' : 'Stable',
  protocol: members.length === 0 ? null : 'range',
  members,
  offsets: [...offsets].flatMap(([topic, partitions]) =>
    Array.from(partitions, ([partition, committed]) => ({ topic, partition, committed })),
  ),
})

const groupsOf = (groups: Groups): Pick<Kafka['admin'], 'groups' | 'group' | 'moveGroup' | 'deleteGroup'> => {
  const empty = (name: string): StoredGroup => {
    const group = groups.get(name)
    if (group === undefined) throw fault('NOT_FOUND', { kind: 'group', name })
    if (group.members.length > 0) throw fault('CONFLICT', { what: `Group ${name}`, problem: 'has members' })
    return group
  }
  return {
    groups: async () => Array.from(groups, ([name, group]) => groupStateOf(name, group)),
    group: async (name) => {
      const group = groups.get(name)
      return group === undefined ? null : groupStateOf(name, group)
    },
    moveGroup: async (name, topic, offsets) => {
      const { offsets: kept } = empty(name)
      kept.set(topic, new Map([...(kept.get(topic) ?? []), ...offsets]))
    },
    deleteGroup: async (name) => {
      empty(name)
      groups.delete(name)
    },
  }
}

const adminOf = (topics: Topics, groups: Groups): Kafka['admin'] => ({
  ...groupsOf(groups),
  catalogue: async () => Array.from(topics, ([name, topic]) => stateOf(name, topic)),
  topicSizes: async () => null,
  newestTimes: async (names) =>
    new Map(
      names.flatMap((name) => {
        const times = (topics.get(name)?.partitions.flat() ?? []).map(({ timeMs }) => timeMs)
        return times.length === 0 ? [] : [[name, Math.max(...times)]]
      }),
    ),
  retentions: async (names) =>
    new Map(
      names.map((name) => [name, Number({ ...defaults, ...topics.get(name)?.configs }['retention.ms'])]),
    ),
  topicSettings: async (name) => {
    const own = topics.get(name)?.configs ?? {}
    return Object.entries({ ...defaults, ...own }).map(([key, value]) => ({
      name: key,
      value,
      isOwn: key in own,
      inherited: defaults[key] ?? null,
    }))
  },
  changeTopicSettings: async (name, settings, validateOnly) => {
    const topic = topics.get(name)
    if (topic === undefined) throw fault('NOT_FOUND', { kind: 'topic', name })
    if (settings.has('no.such')) throw fault('TOPIC_REFUSED', { topic: name, problem: 'there is no no.such' })
    if (validateOnly) return
    const changed = Object.entries({ ...topic.configs, ...Object.fromEntries(settings) })
    topic.configs = Object.fromEntries(
      changed.flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    )
  },
  addPartitions: async (name, total) => {
    const partitions = topics.get(name)?.partitions ?? []
    while (partitions.length < total) partitions.push([])
  },
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
  offsetsAt: async (name, timeMs) => offsetsAt(topics, name, timeMs),
  offsetsAtTimes: async (name, timesMs) => timesMs.map((timeMs) => offsetsAt(topics, name, timeMs)),
})

export interface MemoryOptions {
  /** Records that a fetch brings of a partition; small, so that a page takes several fetches. */
  readonly fetchRecords: number
  /** Partitions of which one fetch brings something: large messages leave no room for others. */
  readonly fetchPartitions: number
}

const memoryPreset: MemoryOptions = { fetchRecords: 7, fetchPartitions: 100 }

const peekOf = (topics: Topics, options: MemoryOptions): Kafka['peek'] => ({
  read: async ({ topic, from, waitMs, wholeBatches = false }, signal) => {
    const found = [...from].flatMap(([partition, offset]) => {
      const records = topics.get(topic)?.partitions[partition] ?? []
      // Like a broker, which gives back the whole batch that holds the offset: one record early, or all of it.
      const before = wholeBatches ? Number(offset) % options.fetchRecords : 1
      const start = offset < BigInt(records.length) ? Math.max(0, Number(offset) - before) : records.length
      const fetched = records.slice(start, start + options.fetchRecords)
      if (fetched.length === 0) return []
      const batch = batchOf(`${topic}/${partition}`, fetched, BigInt(start))
      const next = BigInt(start + fetched.length)
      const logBatch: LogBatch = {
        baseOffset: BigInt(start),
        lastOffset: next - 1n,
        codec: 'none',
        sizeBytes: 61,
        records: fetched.length,
        transactional: false,
      }
      return [{ partition, batch, next, latest: BigInt(records.length), logBatches: () => [logBatch] }]
    })
    if (found.length > options.fetchPartitions) return found.slice(0, options.fetchPartitions)
    if (found.length === 0) await systemClock.sleep(Math.min(waitMs, 20), signal)
    return found
  },
})

export const memoryKafka = (
  options = memoryPreset,
): Kafka & { readonly topics: Topics; readonly groups: Groups } => {
  const topics: Topics = new Map()
  const groups: Groups = new Map()
  return {
    topics,
    groups,
    admin: adminOf(topics, groups),
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
    peek: peekOf(topics, options),
    openPeek: async () => ({ ...peekOf(topics, options), [Symbol.asyncDispose]: () => Promise.resolve() }),
  }
}
