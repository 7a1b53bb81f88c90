/**
 * Topics that a producer writes to: who leads their partitions, and which partition a record goes to.
 *
 * A record goes where it is told, else where its key sends it (as Java's clients do), else to the partition of the moment.
 */
import { type KafkaCluster, type TopicMetadata, unknownTopic } from '../cluster/cluster.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { Lane } from './lane.ts'
import { partitionOfKey } from './partitioner.ts'
import { StickyPartition } from './sticky.ts'

interface TopicState {
  metadata: TopicMetadata
  readonly lanes: Map<number, Lane>
  readonly sticky: StickyPartition
}

const metadataAgeMsMax = 60_000

export class TopicLanes {
  readonly #cluster: KafkaCluster
  readonly #batchBytes: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #topics = new Map<string, TopicState>()
  #oldestMs = Number.POSITIVE_INFINITY

  constructor(cluster: KafkaCluster, batchBytes: number, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#batchBytes = batchBytes
    this.#clock = clock
    this.#random = random
  }

  knows(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** Whether something was learned so long ago that partitions may have been added since. */
  isOld(nowMs: number): boolean {
    return nowMs - this.#oldestMs > metadataAgeMsMax
  }

  /** @returns false where there is no such topic @throws KafkaError */
  async learn(topic: string): Promise<boolean> {
    const metadata = await this.#cluster.topic(topic)
    if (metadata === undefined || metadata.partitions.length === 0) return false
    this.#take(metadata)
    return true
  }

  /** Learns anew what is known. @throws KafkaError */
  async refresh(): Promise<void> {
    const askedMs = this.#clock.now()
    const { topics } = await this.#cluster.metadata([...this.#topics.keys()])
    for (const metadata of topics) if (metadata.partitions.length > 0) this.#take(metadata)
    this.#oldestMs = askedMs
  }

  /** -1 while nobody leads it. */
  leaderOf(lane: Lane): number {
    return this.#topics.get(lane.topic)?.metadata.partitions[lane.partition]?.leader ?? -1
  }

  /**
   * Where a record of `bytes` goes.
   * @param fits whether it goes into the lane's open batch; where not, that batch is closed
   * @throws KafkaError UNKNOWN_TOPIC
   */
  laneFor(
    topic: string,
    partition: number | null,
    key: Uint8Array | null,
    bytes: number,
    fits: (lane: Lane, bytes: number) => boolean,
  ): Lane {
    const state = this.#topics.get(topic)
    if (state === undefined) throw unknownTopic(topic)
    const { partitions } = state.metadata
    if (partition !== null || key !== null) {
      const chosen = partition ?? partitionOfKey(key ?? Buffer.alloc(0), partitions.length)
      const lane = this.#laneOf(state, topic, chosen)
      fits(lane, bytes)
      return lane
    }
    const { sticky } = state
    let lane = this.#laneOf(state, topic, sticky.current(partitions))
    if (sticky.isDue(!fits(lane, bytes) || lane.open === null)) {
      lane = this.#laneOf(state, topic, sticky.leave(partitions))
      fits(lane, bytes)
    }
    sticky.took(bytes)
    return lane
  }

  #take(metadata: TopicMetadata): void {
    const state = this.#topics.get(metadata.name)
    if (state !== undefined) {
      state.metadata = metadata
      return
    }
    const sticky = new StickyPartition(this.#batchBytes, this.#random)
    this.#topics.set(metadata.name, { metadata, lanes: new Map(), sticky })
    this.#oldestMs = Math.min(this.#oldestMs, this.#clock.now())
  }

  #laneOf(state: TopicState, topic: string, partition: number): Lane {
    const known = state.lanes.get(partition)
    if (known !== undefined) return known
    if (state.metadata.partitions[partition] === undefined) throw unknownTopic(`${topic}/${partition}`)
    const lane = new Lane(topic, partition)
    state.lanes.set(partition, lane)
    return lane
  }
}
