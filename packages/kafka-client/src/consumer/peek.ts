/**
 * Bounded reading without a group: one fetch from given offsets.
 *
 * What is known of topics is kept until a broker contradicts it; then it is asked anew, once.
 */
import { errorCodes, Fetch, type ResponseOf } from 'sluice-kafka-protocol'
import { type KafkaCluster, type TopicMetadata, unknownTopic } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { isKafkaError } from '../errors/kafka-error.ts'
import { type LogBatch, logBatchesOf } from './log-batches.ts'
import { type DecodedRecords, decodeRecordSet, endOf } from './record-sets.ts'

export interface PeekOptions {
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

/** What one fetch brought of a partition. */
export interface Peeked {
  readonly kind: 'peeked'
  readonly partition: number
  /** The topic's id when it was fetched. */
  readonly topicId: string
  /** null where it held no record: marks of transactions, a stretch that compaction emptied. */
  readonly records: DecodedRecords | null
  /** Where reading goes on, whether there were records or not. */
  readonly next: bigint
  /** Offset of the next record to be written. */
  readonly latest: bigint
  /** The batches of the log that it came in. */
  readonly logBatches: () => readonly LogBatch[]
}

/** The offset is not there (any more). */
export interface PeekedNothing {
  readonly kind: 'out of range'
  readonly partition: number
  readonly from: bigint
  readonly earliest: bigint
}

type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

const topicIdsSince = 13
const readCommitted = 1
const answerGraceMs = 15_000
/** Topics whose metadata is remembered. */
const topicsMax = 100

export class Peek implements Disposable {
  readonly #cluster: KafkaCluster
  readonly #topics = new Map<string, TopicMetadata>()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  /** An entry for each partition that had something. @throws KafkaError; the reason of the signal */
  async read(options: PeekOptions, signal: AbortSignal): Promise<readonly (Peeked | PeekedNothing)[]> {
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
      // What is remembered may be why; a second attempt asks anew.
      if (isKafkaError(error) && this.#topics.delete(options.topic)) return await this.read(options, signal)
      throw error
    }
  }

  /** Remembered until a broker contradicts it. */
  async #topic({ topic: name, from }: PeekOptions): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    const hasAll =
      known !== undefined && [...from.keys()].every((each) => known.partitions[each] !== undefined)
    if (known !== undefined && hasAll) return known
    this.#topics.delete(name)
    const topic = await this.#cluster.topic(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  #remember(topic: TopicMetadata): void {
    if (this.#topics.has(topic.name)) return
    const [oldest] = this.#topics.keys()
    if (oldest !== undefined && this.#topics.size >= topicsMax) this.#topics.delete(oldest)
    this.#topics.set(topic.name, topic)
  }

  [Symbol.dispose](): void {
    this.#cluster[Symbol.dispose]()
  }

  async #fetch(
    topic: TopicMetadata,
    leader: number,
    partitions: readonly number[],
    options: PeekOptions,
  ): Promise<(Peeked | PeekedNothing)[]> {
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
    return answer.responses
      .flatMap((response) => response.partitions)
      .map((each) => peekedOf(topic, each, options))
      .filter((each) => each !== null)
  }
}

const peekedOf = (
  topic: TopicMetadata,
  answer: PartitionAnswer,
  options: PeekOptions,
): Peeked | PeekedNothing | null => {
  const { partitionIndex: partition, records: bytes } = answer
  const from = options.from.get(partition) ?? 0n
  if (answer.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
    return { kind: 'out of range', partition, from, earliest: answer.logStartOffset }
  }
  throwOn(answer.errorCode, `${topic.name}/${partition}`)
  const next = bytes === null ? null : (endOf(bytes)?.offset ?? null)
  if (bytes === null || next === null) return null
  const records = decodeRecordSet({
    bytes,
    from: options.wholeBatches === true ? 0n : from,
    aborted: answer.abortedTransactions ?? [],
  })
  return {
    kind: 'peeked',
    partition,
    topicId: topic.id,
    records,
    next,
    latest: answer.highWatermark,
    logBatches: () => logBatchesOf(bytes),
  }
}
