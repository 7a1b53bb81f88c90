/** The peek port: one bounded fetch from given offsets, without a group. */

import {
  decodeRecordSet,
  isKafkaError,
  type KafkaCluster,
  logBatchesOf,
  offsetAfter,
  type TopicMetadata,
  throwOn,
} from 'sluice-kafka-client/parts'
import { errorCodes, Fetch } from 'sluice-kafka-protocol'
import type { KafkaPeek, PeekedPartition, ReadOptions } from '../../../flow/kafka-ports.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { formatPosition, laneOf } from '../position.ts'
import { faultOf } from './faults.ts'
import { toRecordBatch } from './record-batch.ts'

const topicIdsSince = 13
const readCommitted = 1
const answerGraceMs = 15_000
/** Topics whose metadata is remembered. */
const topicsMax = 100

export class Peek implements KafkaPeek {
  readonly #cluster: KafkaCluster
  readonly #topics = new Map<string, TopicMetadata>()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  /** @throws fault NOT_FOUND, POSITION_GONE, UNAVAILABLE */
  async read(options: ReadOptions, signal: AbortSignal): Promise<readonly PeekedPartition[]> {
    signal.throwIfAborted()
    try {
      const topic = await this.#topic(options)
      const byLeader = Map.groupBy(
        options.from.keys(),
        (partition) => topic.partitions[partition]?.leader ?? -1,
      )
      const answers = await Promise.all(
        Array.from(byLeader, ([leader, partitions]) => this.#fetch(topic, leader, partitions, options)),
      )
      signal.throwIfAborted()
      // Only what brokers confirmed: otherwise nothing that is remembered was wrong, and nothing is tried again.
      this.#remember(topic)
      return answers.flat()
    } catch (error) {
      if (!isKafkaError(error)) throw error
      const known = faultOf(error)
      if (known !== undefined) throw known
      // What is remembered may be why; a second attempt asks anew.
      if (this.#topics.delete(options.topic)) return await this.read(options, signal)
      throw fault('UNAVAILABLE', { what: `topic ${options.topic}`, problem: messageOf(error) }, error)
    }
  }

  /** Remembered until a broker contradicts it. */
  async #topic({ topic: name, from }: ReadOptions): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    const hasAll =
      known !== undefined && [...from.keys()].every((each) => known.partitions[each] !== undefined)
    if (known !== undefined && hasAll) return known
    this.#topics.delete(name)
    const topic = await this.#cluster.topic(name)
    if (topic === undefined) throw fault('NOT_FOUND', { kind: 'topic', name })
    return topic
  }

  #remember(topic: TopicMetadata): void {
    if (this.#topics.has(topic.name)) return
    const [oldest] = this.#topics.keys()
    if (oldest !== undefined && this.#topics.size >= topicsMax) this.#topics.delete(oldest)
    this.#topics.set(topic.name, topic)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cluster[Symbol.dispose]()
    await Promise.resolve()
  }

  async #fetch(
    topic: TopicMetadata,
    leader: number,
    partitions: readonly number[],
    options: ReadOptions,
  ): Promise<PeekedPartition[]> {
    const connection = await this.#cluster.connectionTo(leader, 'peek')
    const usesIds = connection.versionOf(Fetch) >= topicIdsSince && topic.id !== ''
    const answer = await connection.request(
      Fetch,
      {
        maxWaitMs: options.waitMs,
        minBytes: 1,
        maxBytes: options.maxBytes,
        isolationLevel: readCommitted,
        topics: [
          {
            topic: topic.name,
            topicId: topic.id,
            partitions: partitions.map((partition) => ({
              partition,
              fetchOffset: options.from.get(partition) ?? 0n,
              partitionMaxBytes: options.partitionBytes ?? options.maxBytes,
            })),
          },
        ],
      },
      {
        timeoutMs: options.waitMs + answerGraceMs,
        ...(usesIds ? {} : { versionMax: topicIdsSince - 1 }),
      },
    )
    throwOn(answer.errorCode, 'fetch')
    const peeked: PeekedPartition[] = []
    for (const each of answer.responses.flatMap((response) => response.partitions)) {
      const partition = each.partitionIndex
      const from = options.from.get(partition) ?? 0n
      if (each.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
        throw fault('POSITION_GONE', {
          position: String(from),
          lane: laneOf(topic.name, partition),
          oldest: String(each.logStartOffset),
        })
      }
      throwOn(each.errorCode, laneOf(topic.name, partition))
      const bytes = each.records
      const next = bytes === null ? null : offsetAfter(bytes)
      if (bytes === null || next === null) continue
      const records = decodeRecordSet({
        bytes,
        from: options.wholeBatches === true ? 0n : from,
        aborted: each.abortedTransactions ?? [],
      })
      const batch = toRecordBatch(records, {
        pipeline: '',
        incarnation: topic.id,
        lane: laneOf(topic.name, partition),
        stream: topic.name,
        next: formatPosition({ topicId: topic.id, offset: next }),
      })
      peeked.push({
        partition,
        batch,
        next,
        latest: each.highWatermark,
        logBatches: () => logBatchesOf(bytes),
      })
    }
    return peeked
  }
}
