/** The admin port on our requests: asks about the cluster and changes it. Every call has a deadline. */

import {
  type ClusterMetadata,
  type KafkaCluster,
  listOffsets,
  type OffsetQuery,
  type TopicMetadata,
} from 'sluice-kafka-client/parts'
import { CreateTopics, DeleteTopics, errorCodes, kafkaErrorOf, zeroUuid } from 'sluice-kafka-protocol'
import type {
  GroupOffset,
  GroupState,
  KafkaAdmin,
  NewTopic,
  PartitionState,
  TopicOffsetsState,
  TopicSetting,
  TopicState,
} from '../../../flow/kafka-ports.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { fault } from '../../../kernel/faults/index.ts'
import { catalogue, newestTimes, retentions, topicSizes } from './admin-catalogue.ts'
import { allGroups, deleteGroup, groupOffsets, moveGroup, oneGroup } from './admin-groups.ts'
import { addPartitions, changeTopicSettings, topicSettings } from './admin-settings.ts'
import { patiently } from './patience.ts'

const changeTimeoutMs = 30_000

export class Admin implements KafkaAdmin {
  readonly #cluster: KafkaCluster
  readonly #clock: Clock

  constructor(cluster: KafkaCluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
  }

  async cluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly string[] }> {
    const { clusterId, brokers } = await this.#metadata([])
    return { clusterId, brokers }
  }

  async topics(): ReturnType<KafkaAdmin['topics']> {
    const { topics } = await this.#metadata(null)
    return topics.map(({ name, id, internal, partitions }) => ({
      name,
      id,
      internal,
      partitions: partitions.length,
    }))
  }

  async topic(name: string): Promise<TopicState | null> {
    return await this.#patiently(`topic ${name}`, async () => {
      const topic = await this.#cluster.topic(name)
      if (topic === undefined) return null
      const [earliest, latest] = await Promise.all([
        this.#offsets(topic, 'earliest'),
        this.#offsets(topic, 'latest'),
      ])
      return {
        name,
        id: topic.id,
        internal: topic.internal,
        partitions: topic.partitions.map(
          (each): PartitionState => ({
            partition: each.partition,
            leader: each.leader,
            replicas: each.replicas,
            inSyncReplicas: each.inSyncReplicas,
            earliest: earliest.get(each.partition) ?? 0n,
            latest: latest.get(each.partition) ?? 0n,
          }),
        ),
      }
    })
  }

  async topicConfigs(name: string): Promise<Readonly<Record<string, string>>> {
    const settings = await this.topicSettings(name)
    return Object.fromEntries(
      settings.flatMap((each) => (each.value === null ? [] : [[each.name, each.value]])),
    )
  }

  async createTopic(topic: NewTopic): Promise<void> {
    const answer = await this.#patiently(`creating topic ${topic.name}`, () =>
      this.#cluster.askController(
        CreateTopics,
        {
          topics: [
            {
              name: topic.name,
              numPartitions: topic.partitions,
              replicationFactor: topic.replicationFactor,
              configs: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
            },
          ],
          timeoutMs: changeTimeoutMs,
        },
        { timeoutMs: changeTimeoutMs + 5_000 },
      ),
    )
    const [result] = answer.topics
    const code = result?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR
    if (code === errorCodes.NONE) return
    if (code === errorCodes.TOPIC_ALREADY_EXISTS) throw fault('TOPIC_EXISTS', { topic: topic.name })
    throw fault('TOPIC_REFUSED', {
      topic: topic.name,
      problem: result?.errorMessage ?? kafkaErrorOf(code).name,
    })
  }

  async deleteTopic(name: string): Promise<void> {
    const answer = await this.#patiently(`deleting topic ${name}`, () =>
      this.#cluster.askController(
        DeleteTopics,
        // Both forms: up to version 5 by names, from 6 on by a list that may name ids.
        {
          topicNames: [name],
          topics: [{ name, topicId: zeroUuid }],
          timeoutMs: changeTimeoutMs,
        },
        { timeoutMs: changeTimeoutMs + 5_000 },
      ),
    )
    const code = answer.responses[0]?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR
    if (code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) throw fault('NOT_FOUND', { kind: 'topic', name })
    if (code !== errorCodes.NONE) {
      throw fault('TOPIC_REFUSED', { topic: name, problem: kafkaErrorOf(code).name })
    }
  }

  async offsetsAt(topic: string, timeMs: number): Promise<ReadonlyMap<number, bigint>> {
    const [found] = await this.offsetsAtTimes(topic, [timeMs])
    return found ?? new Map()
  }

  /** A request for each time, all under way at once: one request may name a partition once only. */
  async offsetsAtTimes(
    topic: string,
    timesMs: readonly number[],
  ): Promise<readonly ReadonlyMap<number, bigint>[]> {
    return await this.#patiently(`offsets of topic ${topic}`, async () => {
      const metadata = await this.#cluster.topic(topic)
      if (metadata === undefined) throw fault('NOT_FOUND', { kind: 'topic', name: topic })
      // The end first: what is written meanwhile is not passed over.
      const [latest, ...all] = await Promise.all([
        this.#offsets(metadata, 'latest'),
        ...timesMs.map((timeMs) => this.#offsets(metadata, Math.max(0, timeMs))),
      ])
      return all.map(
        (found) =>
          new Map(
            Array.from(found, ([partition, offset]) => [
              partition,
              offset >= 0n ? offset : (latest.get(partition) ?? 0n),
            ]),
          ),
      )
    })
  }

  async groupOffsets(group: string): Promise<readonly GroupOffset[]> {
    return await this.#patiently(`offsets of group ${group}`, () => groupOffsets(this.#cluster, group))
  }

  async groups(): Promise<readonly GroupState[]> {
    return await this.#patiently('consumer groups', () => allGroups(this.#cluster))
  }

  async group(name: string): Promise<GroupState | null> {
    return await this.#patiently(`group ${name}`, () => oneGroup(this.#cluster, name))
  }

  async moveGroup(name: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void> {
    await this.#patiently(`group ${name}`, () => moveGroup(this.#cluster, name, topic, offsets))
  }

  async deleteGroup(name: string): Promise<void> {
    await this.#patiently(`group ${name}`, () => deleteGroup(this.#cluster, name))
  }

  async catalogue(): Promise<readonly TopicOffsetsState[]> {
    return await this.#patiently('topics', () => catalogue(this.#cluster))
  }

  async topicSizes(): Promise<ReadonlyMap<string, number> | null> {
    return await this.#patiently('sizes of topics', () => topicSizes(this.#cluster))
  }

  async newestTimes(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return await this.#patiently('newest records', () => newestTimes(this.#cluster, topics))
  }

  async retentions(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return await this.#patiently('settings of topics', () => retentions(this.#cluster, topics))
  }

  async topicSettings(name: string): Promise<readonly TopicSetting[]> {
    return await this.#patiently(`settings of topic ${name}`, () => topicSettings(this.#cluster, name))
  }

  async changeTopicSettings(
    name: string,
    settings: ReadonlyMap<string, string | null>,
    validateOnly: boolean,
  ): Promise<void> {
    await this.#patiently(`settings of topic ${name}`, () =>
      changeTopicSettings(this.#cluster, name, settings, validateOnly),
    )
  }

  async addPartitions(name: string, total: number): Promise<void> {
    await this.#patiently(`partitions of topic ${name}`, () => addPartitions(this.#cluster, name, total))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cluster[Symbol.dispose]()
    await Promise.resolve()
  }

  #metadata(names: readonly string[] | null): Promise<ClusterMetadata> {
    return this.#patiently('Kafka', () => this.#cluster.metadata(names))
  }

  #offsets(topic: TopicMetadata, query: OffsetQuery): Promise<ReadonlyMap<number, bigint>> {
    const wanted = new Map(topic.partitions.map(({ partition }) => [partition, query]))
    return listOffsets(this.#cluster, topic, wanted, false)
  }

  /** @throws fault UNAVAILABLE */
  #patiently<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    return patiently(this.#clock, what, ask)
  }
}
