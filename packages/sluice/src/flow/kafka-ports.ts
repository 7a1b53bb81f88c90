/**
 * The ports around the Kafka client: what Sluice asks of a cluster, whichever library answers.
 *
 * Reader for pipelines (`KafkaReader`), writer, admin. Implemented in `connectors/kafka/client` alone.
 */
import type { Header, RecordBatch } from './record-batch.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface PartitionState {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
  readonly earliest: bigint
  /** Offset of the next record. */
  readonly latest: bigint
}

export interface TopicState {
  readonly name: string
  /** Topic id (UUID): a topic made anew has another. */
  readonly id: string
  readonly internal: boolean
  readonly partitions: readonly PartitionState[]
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** A partition in the catalogue; offsets are null while nobody leads it. */
export interface PartitionOffsets {
  readonly partition: number
  readonly earliest: bigint | null
  /** Offset of the next record. */
  readonly latest: bigint | null
}

/** A topic in the catalogue. */
export interface TopicOffsetsState {
  readonly name: string
  readonly id: string
  readonly internal: boolean
  readonly partitions: readonly PartitionOffsets[]
}

export interface TopicSetting {
  readonly name: string
  readonly value: string | null
  /** Whether it was made for this topic itself. */
  readonly isOwn: boolean
  /** What it is where the topic has none of its own; null where the cluster does not tell. */
  readonly inherited: string | null
}

export interface GroupOffset extends TopicPartition {
  readonly committed: bigint
}

export interface GroupMemberState {
  readonly memberId: string
  /** Name that a static member gives itself. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** What it reads in a stable group. */
  readonly partitions: readonly TopicPartition[]
  /** Topics it asked for. */
  readonly topics: readonly string[]
}

/** A consumer group as its coordinator knows it. */
export interface GroupState {
  readonly name: string
  /** As Kafka calls it: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string
  /** How partitions are shared out; null where nobody is to share. */
  readonly protocol: string | null
  readonly members: readonly GroupMemberState[]
  readonly offsets: readonly GroupOffset[]
}

/** Answers about the cluster and changes to it. Every call has a deadline. */
export interface KafkaAdmin extends AsyncDisposable {
  /** A round trip: cluster id and brokers. @throws fault UNAVAILABLE */
  cluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly string[] }>
  topics(): Promise<
    readonly {
      readonly name: string
      readonly id: string
      readonly partitions: number
      readonly internal: boolean
    }[]
  >
  /** null where there is no such topic. */
  topic(name: string): Promise<TopicState | null>
  topicConfigs(name: string): Promise<Readonly<Record<string, string>>>
  /** @throws fault TOPIC_EXISTS, TOPIC_REFUSED */
  createTopic(topic: NewTopic): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** All topics with where their partitions begin and end: one round of requests, however many there are. */
  catalogue(): Promise<readonly TopicOffsetsState[]>
  /** Bytes of each topic, of one copy; null where the cluster does not tell. */
  topicSizes(): Promise<ReadonlyMap<string, number> | null>
  /** Time of the newest record of each of these topics; those without a record, or unknown, are left out. */
  newestTimes(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** How long each of these topics keeps a record, in ms; null: for ever, or not by time. */
  retentions(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>>
  /** @throws fault NOT_FOUND */
  topicSettings(name: string): Promise<readonly TopicSetting[]>
  /**
   * Changes the named settings and no others; null takes one back.
   * @param validateOnly the cluster checks them and changes nothing
   * @throws fault NOT_FOUND, TOPIC_REFUSED
   */
  changeTopicSettings(
    name: string,
    settings: ReadonlyMap<string, string | null>,
    validateOnly: boolean,
  ): Promise<void>
  /** @param total how many it has then @throws fault NOT_FOUND, TOPIC_REFUSED */
  addPartitions(name: string, total: number): Promise<void>
  /** The first offset at or after a time, per partition; the end where there is none. */
  offsetsAt(topic: string, timeMs: number): Promise<ReadonlyMap<number, bigint>>
  /** The same for several times at once, in their order. */
  offsetsAtTimes(topic: string, timesMs: readonly number[]): Promise<readonly ReadonlyMap<number, bigint>[]>
  groupOffsets(group: string): Promise<readonly GroupOffset[]>
  /** Every consumer group, with members and committed offsets. */
  groups(): Promise<readonly GroupState[]>
  /** null where there is no such group. */
  group(name: string): Promise<GroupState | null>
  /** Commits offsets for a group without members. @throws fault CONFLICT where it has some, NOT_FOUND */
  moveGroup(name: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void>
  /** @throws fault CONFLICT where it has members, NOT_FOUND */
  deleteGroup(name: string): Promise<void>
}

export interface OutgoingRecord {
  readonly topic: string
  /** Where it is to go; null: by key (murmur2 as Java's), sticky without a key. */
  readonly partition: number | null
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly timeMs: number
}

export interface SentRecord extends TopicPartition {
  readonly offset: bigint
}

/** Sends records; resolves when the broker has them durably (acks as configured). Idempotent. */
export interface KafkaWriter extends AsyncDisposable {
  /** One promise a batch. Records of one partition keep their order. The result has one entry a record. */
  send(records: readonly OutgoingRecord[], signal?: AbortSignal): Promise<readonly SentRecord[]>
}

export interface ReadOptions {
  readonly topic: string
  /** First offset by partition; partitions that are not named are not read. */
  readonly from: ReadonlyMap<number, bigint>
  readonly maxBytes: number
  /** Most of one partition; all of `maxBytes` when left out. */
  readonly partitionBytes?: number
  /** Records before the offset that came in the same batch of the log too: whoever reads backwards wants them. */
  readonly wholeBatches?: boolean
  /** How long the broker may wait for data. */
  readonly waitMs: number
}

/** How records were written: the batch of the log that holds them. */
export interface LogBatch {
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly sizeBytes: number
  readonly records: number
  readonly transactional: boolean
}

/** What one fetch brought of a partition. */
export interface PeekedPartition {
  readonly partition: number
  /** null where it held no record: marks of transactions, a stretch that compaction emptied. */
  readonly batch: RecordBatch | null
  /** Where reading goes on, whether there were records or not. */
  readonly next: bigint
  /** Offset of the next record to be written, as readers see it. */
  readonly latest: bigint
  /** The batches of the log that it came in. */
  readonly logBatches: () => readonly LogBatch[]
}

/** Bounded reading without a group: pages, `consume`, recounts. Calls of one peek may wait for each other. */
export interface KafkaPeek extends AsyncDisposable {
  /** One fetch: an entry for each partition that had something. */
  read(options: ReadOptions, signal: AbortSignal): Promise<readonly PeekedPartition[]>
}

/** Opens the three; `app.ts` hands it to who needs it. */
export interface KafkaClient {
  admin(): Promise<KafkaAdmin>
  writer(options?: {
    readonly acks?: 'all' | '1' | '0'
    readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  }): Promise<KafkaWriter>
  peek(): Promise<KafkaPeek>
}
