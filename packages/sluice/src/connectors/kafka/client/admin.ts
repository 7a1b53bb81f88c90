/** The admin port on our requests: asks about the cluster and changes it. Every call has a deadline. */
import {
  CreateTopics,
  DeleteTopics,
  DescribeConfigs,
  errorCodes,
  kafkaErrorOf,
  OffsetFetch,
  zeroUuid,
} from 'sluice-kafka-protocol'
import type {
  GroupOffset,
  KafkaAdmin,
  NewTopic,
  PartitionState,
  TopicState,
} from '../../../flow/kafka-ports.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { BrokerError, ConnectionLost, throwOn } from './broker-errors.ts'
import type { ClusterMetadata, KafkaCluster, TopicMetadata } from './cluster.ts'
import { listOffsets, type OffsetQuery } from './list-offsets.ts'

const topicResource = 2
const changeTimeoutMs = 30_000
/** Topics by name: later versions name them by id. */
const offsetFetchVersionMax = 9
/** Partitions that just moved have no leader for a moment. */
const attemptsMax = 5
const retryAfterMs = 300

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
    const answer = await this.#patiently(`settings of topic ${name}`, () =>
      this.#cluster.ask(DescribeConfigs, {
        resources: [{ resourceType: topicResource, resourceName: name, configurationKeys: null }],
      }),
    )
    const [result] = answer.results
    if (result === undefined || result.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
      throw fault('NOT_FOUND', { kind: 'topic', name })
    }
    throwOn(result.errorCode, `settings of topic ${name}`, result.errorMessage)
    return Object.fromEntries(
      result.configs.flatMap((each) => (each.value === null ? [] : [[each.name, each.value]])),
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
      const all = await Promise.all(timesMs.map((timeMs) => this.#offsets(metadata, Math.max(0, timeMs))))
      const latest = await this.#offsets(metadata, 'latest')
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
    return await this.#patiently(`offsets of group ${group}`, async () => {
      const coordinator = await this.#cluster.coordinatorOf(group, 'control')
      const version = coordinator.versionOf(OffsetFetch, offsetFetchVersionMax)
      const answer = await coordinator.request(
        OffsetFetch,
        version < 8 ? { groupId: group, topics: null } : { groups: [{ groupId: group, topics: null }] },
        { versionMax: version },
      )
      const found = version < 8 ? answer : answer.groups[0]
      if (found === undefined || found.errorCode === errorCodes.GROUP_ID_NOT_FOUND) return []
      throwOn(found.errorCode, `offsets of group ${group}`)
      return found.topics.flatMap(({ name, partitions }) =>
        partitions
          .filter((each) => each.committedOffset >= 0n)
          .map((each) => ({ topic: name, partition: each.partitionIndex, committed: each.committedOffset })),
      )
    })
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

  /** Tries a few times; what a broker or the network says becomes a fault. @throws fault UNAVAILABLE */
  async #patiently<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof BrokerError || error instanceof ConnectionLost)) throw error
        if (attempt >= attemptsMax) throw fault('UNAVAILABLE', { what, problem: messageOf(error) }, error)
        await this.#clock.sleep(retryAfterMs)
      }
    }
  }
}
