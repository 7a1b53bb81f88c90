/** Looks up offsets of one topic, with fresh metadata each time. */
import type { KafkaCluster, TopicMetadata } from './cluster.ts'
import { listOffsets, type OffsetQuery } from './list-offsets.ts'

export interface OffsetRange {
  readonly topicId: string
  readonly earliest: bigint
  /** Offset of the next record. */
  readonly latest: bigint
}

export class TopicOffsets {
  readonly #cluster: KafkaCluster
  readonly #name: string
  readonly #isCommittedOnly: boolean

  constructor(cluster: KafkaCluster, name: string, isCommittedOnly: boolean) {
    this.#cluster = cluster
    this.#name = name
    this.#isCommittedOnly = isCommittedOnly
  }

  /** @throws KafkaError where it does not exist (now) */
  async topic(): Promise<TopicMetadata> {
    return await this.#cluster.existingTopic(this.#name)
  }

  /** The end where there is no record at or after a time. @throws KafkaError */
  async offsetOf(partition: number, query: OffsetQuery): Promise<bigint> {
    const topic = await this.topic()
    const found = await listOffsets(this.#cluster, topic, new Map([[partition, query]]), false)
    const offset = found.get(partition) ?? -1n
    return offset >= 0n ? offset : (await this.rangeOf(partition)).latest
  }

  /** @throws KafkaError */
  async rangeOf(partition: number): Promise<OffsetRange> {
    const topic = await this.topic()
    const ask = async (query: OffsetQuery): Promise<bigint> => {
      const offsets = await listOffsets(this.#cluster, topic, new Map([[partition, query]]), false)
      return offsets.get(partition) ?? 0n
    }
    const [earliest, latest] = await Promise.all([ask('earliest'), ask('latest')])
    return { topicId: topic.id, earliest, latest }
  }

  /** Where each partition ends for a reader. @throws KafkaError */
  async ends(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    if (partitions.length === 0) return new Map()
    const wanted = new Map(partitions.map((partition) => [partition, 'latest' as const]))
    return await listOffsets(this.#cluster, await this.topic(), wanted, this.#isCommittedOnly)
  }
}
