/**
 * Asks about a cluster and changes it. Every call has a deadline.
 *
 * What moves about for a moment is waited for; what a call throws after that is a KafkaError.
 */

import { CreateTopics, DeleteTopics, errorCodes, zeroUuid } from 'sluice-kafka-protocol'
import {
  type ClusterMetadata,
  type KafkaCluster,
  type TopicMetadata,
  unknownTopic,
} from '../cluster/cluster.ts'
import { listOffsets, type OffsetQuery } from '../cluster/list-offsets.ts'
import { patiently } from '../cluster/patience.ts'
import type { Clock } from '../support/clock.ts'
import { type AclFilter, type AclRule, createAcls, deleteAcls, describeAcls } from './acls.ts'
import { catalogue, newestTimes, retentions, topicSizes } from './catalogue.ts'
import { allGroups, deleteGroup, groupOffsets, moveGroup, oneGroup } from './groups.ts'
import { type LogDirectory, logDirectories } from './log-directories.ts'
import { deleteRecords } from './records.ts'
import { refuse } from './refusal.ts'
import type {
  GroupOffset,
  GroupState,
  NewTopic,
  PartitionState,
  TopicOffsetsState,
  TopicSetting,
  TopicState,
  TopicSummary,
} from './states.ts'
import { addPartitions, changeTopicSettings, topicSettings } from './topic-settings.ts'

const changeTimeoutMs = 30_000

export class Admin implements AsyncDisposable {
  readonly #cluster: KafkaCluster
  readonly #clock: Clock

  constructor(cluster: KafkaCluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
  }

  /** A round trip: cluster id, and the brokers as `host:port`. */
  async cluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly string[] }> {
    const { clusterId, brokers } = await this.#metadata([])
    return { clusterId, brokers }
  }

  async topics(): Promise<readonly TopicSummary[]> {
    const { topics } = await this.#metadata(null)
    return topics.map(({ name, id, internal, partitions }) => ({
      name,
      id,
      internal,
      partitions: partitions.length,
    }))
  }

  /** null where there is no such topic. */
  async topic(name: string): Promise<TopicState | null> {
    return await this.#patiently(async () => {
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

  /** @throws KafkaError TOPIC_EXISTS, TOPIC_REFUSED, NOT_AUTHORIZED */
  async createTopic(topic: NewTopic): Promise<void> {
    const answer = await this.#patiently(() =>
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
    refuse(topic.name, result?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR, result?.errorMessage)
  }

  /** @throws KafkaError UNKNOWN_TOPIC, TOPIC_REFUSED, NOT_AUTHORIZED */
  async deleteTopic(name: string): Promise<void> {
    const answer = await this.#patiently(() =>
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
    refuse(name, answer.responses[0]?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR, null)
  }

  /** The first offset at or after a time, per partition; the end where there is none. */
  async offsetsAt(topic: string, timeMs: number): Promise<ReadonlyMap<number, bigint>> {
    const [found] = await this.offsetsAtTimes(topic, [timeMs])
    return found ?? new Map()
  }

  /** The same for several times, in their order: a request for each, all under way at once: one request may name a partition once only. */
  async offsetsAtTimes(
    topic: string,
    timesMs: readonly number[],
  ): Promise<readonly ReadonlyMap<number, bigint>[]> {
    return await this.#patiently(async () => {
      const metadata = await this.#cluster.topic(topic)
      if (metadata === undefined) throw unknownTopic(topic)
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
    return await this.#patiently(() => groupOffsets(this.#cluster, group))
  }

  /** Every consumer group, with members and committed offsets. */
  async groups(): Promise<readonly GroupState[]> {
    return await this.#patiently(() => allGroups(this.#cluster))
  }

  /** null where there is no such group. */
  async group(name: string): Promise<GroupState | null> {
    return await this.#patiently(() => oneGroup(this.#cluster, name))
  }

  /** Commits offsets for a group without members. @throws KafkaError GROUP_IN_USE, UNKNOWN_TOPIC */
  async moveGroup(name: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void> {
    await this.#patiently(() => moveGroup(this.#cluster, name, topic, offsets))
  }

  /** @throws KafkaError GROUP_IN_USE, UNKNOWN_GROUP */
  async deleteGroup(name: string): Promise<void> {
    await this.#patiently(() => deleteGroup(this.#cluster, name))
  }

  /** All topics with where their partitions begin and end: one round of requests, however many there are. */
  async catalogue(): Promise<readonly TopicOffsetsState[]> {
    return await this.#patiently(() => catalogue(this.#cluster))
  }

  /** Bytes of each topic, of one copy; null where the cluster does not tell. */
  async topicSizes(): Promise<ReadonlyMap<string, number> | null> {
    return await this.#patiently(() => topicSizes(this.#cluster))
  }

  /** Time of the newest record of each of these topics; those without a record, or unknown, are left out. */
  async newestTimes(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return await this.#patiently(() => newestTimes(this.#cluster, topics))
  }

  /** How long each of these topics keeps a record, in ms; null: for ever, or not by time. */
  async retentions(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return await this.#patiently(() => retentions(this.#cluster, topics))
  }

  async topicSettings(name: string): Promise<readonly TopicSetting[]> {
    return await this.#patiently(() => topicSettings(this.#cluster, name))
  }

  /**
   * Changes the named settings and no others; null takes one back.
   * @param validateOnly the cluster checks them and changes nothing
   * @throws KafkaError UNKNOWN_TOPIC, TOPIC_REFUSED
   */
  async changeTopicSettings(
    name: string,
    settings: ReadonlyMap<string, string | null>,
    validateOnly: boolean,
  ): Promise<void> {
    await this.#patiently(() => changeTopicSettings(this.#cluster, name, settings, validateOnly))
  }

  /** @param total how many it has then @throws KafkaError UNKNOWN_TOPIC, TOPIC_REFUSED */
  async addPartitions(name: string, total: number): Promise<void> {
    await this.#patiently(() => addPartitions(this.#cluster, name, total))
  }

  /**
   * Deletes records from the beginning: those before an offset, or all that are there.
   * @returns the first offset of each partition then
   * @throws KafkaError UNKNOWN_TOPIC, OFFSET_OUT_OF_RANGE for an offset beyond the end
   */
  async deleteRecords(
    topic: string,
    before: ReadonlyMap<number, bigint | 'latest'>,
  ): Promise<ReadonlyMap<number, bigint>> {
    return await this.#patiently(() => deleteRecords(this.#cluster, topic, before))
  }

  /** Disks of every broker, and what they hold. */
  async logDirectories(): Promise<readonly LogDirectory[]> {
    return await this.#patiently(() => logDirectories(this.#cluster))
  }

  /** Access rules that match. @throws KafkaError NOT_AUTHORIZED; BROKER_REFUSED where the cluster keeps none */
  async acls(filter: AclFilter = {}): Promise<readonly AclRule[]> {
    return await this.#patiently(() => describeAcls(this.#cluster, filter))
  }

  /** @throws KafkaError for the first rule that was refused; the others stand */
  async createAcls(rules: readonly AclRule[]): Promise<void> {
    await this.#patiently(() => createAcls(this.#cluster, rules))
  }

  /** Removes every rule that matches; resolves to those. @throws KafkaError OPTION_INVALID for a filter that names nothing */
  async deleteAcls(filter: AclFilter): Promise<readonly AclRule[]> {
    return await this.#patiently(() => deleteAcls(this.#cluster, filter))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cluster[Symbol.dispose]()
    await Promise.resolve()
  }

  #metadata(names: readonly string[] | null): Promise<ClusterMetadata> {
    return this.#patiently(() => this.#cluster.metadata(names))
  }

  #offsets(topic: TopicMetadata, query: OffsetQuery): Promise<ReadonlyMap<number, bigint>> {
    const wanted = new Map(topic.partitions.map(({ partition }) => [partition, query]))
    return listOffsets(this.#cluster, topic, wanted, false)
  }

  #patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    return patiently(this.#clock, ask)
  }
}
