/** The peek port on the client's own. */
import { isKafkaError, type Peek, type Peeked } from 'sluice-kafka-client/parts'
import type { KafkaPeek, PeekedPartition, ReadOptions } from '../../../flow/kafka-ports.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { formatPosition, laneOf } from '../position.ts'
import { faultOf, isUnknownTopic } from './faults.ts'
import { toRecordBatch } from './record-batch.ts'

const partitionOf = (topic: string, peeked: Peeked): PeekedPartition => {
  const { partition, topicId, records, next, latest, logBatches } = peeked
  const batch = toRecordBatch(records, {
    pipeline: '',
    incarnation: topicId,
    lane: laneOf(topic, partition),
    stream: topic,
    next: formatPosition({ topicId, offset: next }),
  })
  return { partition, batch, next, latest, logBatches }
}

export class KafkaPeeker implements KafkaPeek {
  readonly #peek: Peek

  constructor(peek: Peek) {
    this.#peek = peek
  }

  /** @throws fault NOT_FOUND, POSITION_GONE, UNAVAILABLE */
  async read(options: ReadOptions, signal: AbortSignal): Promise<readonly PeekedPartition[]> {
    const { topic } = options
    const found = await this.#ask(options, signal)
    return found.map((each) => {
      if (each.kind === 'peeked') return partitionOf(topic, each)
      const { from, earliest } = each
      const lane = laneOf(topic, each.partition)
      throw fault('POSITION_GONE', { position: String(from), lane, oldest: String(earliest) })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peek[Symbol.dispose]()
    await Promise.resolve()
  }

  async #ask(options: ReadOptions, signal: AbortSignal): ReturnType<Peek['read']> {
    const { topic } = options
    try {
      return await this.#peek.read(options, signal)
    } catch (error) {
      if (!isKafkaError(error)) throw error
      if (isUnknownTopic(error)) throw fault('NOT_FOUND', { kind: 'topic', name: topic }, error)
      const problem = messageOf(error)
      throw faultOf(error) ?? fault('UNAVAILABLE', { what: `topic ${topic}`, problem }, error)
    }
  }
}
