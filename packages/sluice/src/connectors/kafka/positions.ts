/** Moves positions of a topic by hand: where each partition begins and ends, and where a time or a record is. */
import { type KafkaCluster, TopicOffsets } from 'sluice-kafka-client/parts'
import type { OpenContext } from '../../flow/connector.ts'
import type { LaneRange, PositionTools } from '../../flow/source.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { checkedOptions } from '../options.ts'
import { faultOf } from './client/faults.ts'
import { openCluster } from './client/open-cluster.ts'
import { kafkaSourceOptions } from './definition.ts'
import { formatPosition, laneOf, parsePosition, partitionOf } from './position.ts'

class KafkaPositions implements PositionTools {
  readonly #topic: string
  readonly #cluster: KafkaCluster
  readonly #offsets: TopicOffsets

  constructor(topic: string, cluster: KafkaCluster) {
    this.#topic = topic
    this.#cluster = cluster
    this.#offsets = new TopicOffsets(cluster, topic, false)
  }

  async lanes(): Promise<readonly LaneRange[]> {
    return await this.#asking(async () => {
      const { partitions } = await this.#offsets.topic()
      return await Promise.all(
        partitions.map(async ({ partition }) => {
          const { topicId, earliest, latest } = await this.#offsets.rangeOf(partition)
          return {
            lane: laneOf(this.#topic, partition),
            earliest: formatPosition({ topicId, offset: earliest }),
            latest: formatPosition({ topicId, offset: latest }),
          }
        }),
      )
    })
  }

  async at(lane: string, timeMs: number): Promise<string> {
    return await this.#asking(async () => {
      const { id } = await this.#offsets.topic()
      const offset = await this.#offsets.offsetOf(this.#partitionOf(lane), timeMs)
      return formatPosition({ topicId: id, offset })
    })
  }

  async past(lane: string, number: bigint): Promise<string> {
    this.#partitionOf(lane)
    return await this.#asking(async () => {
      const { id } = await this.#offsets.topic()
      return formatPosition({ topicId: id, offset: number + 1n })
    })
  }

  /** In offsets: compacted topics and control records make it an upper bound. */
  distance(from: string | null, to: string): number | null {
    const start = from === null ? undefined : parsePosition(from)
    const end = parsePosition(to)
    if (start === undefined || end === undefined || start.topicId !== end.topicId) return null
    return Number(end.offset - start.offset)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cluster[Symbol.dispose]()
    await Promise.resolve()
  }

  #partitionOf(lane: string): number {
    const partition = partitionOf(lane)
    if (partition === undefined || lane !== laneOf(this.#topic, partition)) {
      throw fault('NOT_FOUND', { kind: 'lane', name: lane })
    }
    return partition
  }

  async #asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask()
    } catch (error) {
      const known = faultOf(error)
      if (known !== undefined) throw known
      const source = `kafka topic ${this.#topic}`
      throw fault('SOURCE_UNAVAILABLE', { source, problem: messageOf(error) }, error)
    }
  }
}

/** Nothing is connected before it is used. @throws fault OPTION_INVALID */
export const openKafkaPositions = (options: unknown, context: OpenContext): Promise<PositionTools> => {
  const { topic } = checkedOptions(kafkaSourceOptions, options, 'kafka')
  return Promise.resolve(new KafkaPositions(topic, openCluster(context.kafka)))
}
