/** The writer port on our producer: single batches of records to any topics, with the offsets they got. */
import { Delivery, type KafkaCluster, type Producer } from 'sluice-kafka-client/parts'
import type { KafkaWriter, OutgoingRecord, SentRecord } from '../../../flow/kafka-ports.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { faultOf } from './faults.ts'

export class Writer implements KafkaWriter {
  readonly #cluster: KafkaCluster
  readonly #producer: Producer

  constructor(cluster: KafkaCluster, producer: Producer) {
    this.#cluster = cluster
    this.#producer = producer
  }

  /**
   * Offsets are -1 where the broker does not tell them (acks 0, or a batch it had already).
   * @throws fault NOT_FOUND for a topic that is missing, RECORD_REFUSED, SINK_UNAVAILABLE (then some may be written)
   */
  async send(records: readonly OutgoingRecord[], signal?: AbortSignal): Promise<readonly SentRecord[]> {
    signal?.throwIfAborted()
    for (const topic of new Set(records.map((record) => record.topic))) await this.#prepare(topic)
    const sent: SentRecord[] = []
    let refusal: Error | null = null
    const delivery = new Delivery({
      written: (index, partition, offset) => {
        sent[index] = { topic: records[index]?.topic ?? '', partition, offset }
      },
      refused: (_index, problem) => {
        refusal ??= problem
      },
    })
    for (const [index, record] of records.entries()) {
      const { topic, partition, key, value, timeMs, headers } = record
      this.#producer.add(topic, partition, key, value, timeMs, headers, delivery, index)
    }
    try {
      await delivery.done(signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#unavailable(error)
    }
    if (refusal !== null) {
      throw fault('RECORD_REFUSED', { part: 'Kafka broker', problem: messageOf(refusal) }, refusal)
    }
    return sent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#producer[Symbol.dispose]()
    this.#cluster[Symbol.dispose]()
    await Promise.resolve()
  }

  async #prepare(topic: string): Promise<void> {
    try {
      if (await this.#producer.prepare(topic)) return
    } catch (error) {
      throw this.#unavailable(error)
    }
    throw fault('NOT_FOUND', { kind: 'topic', name: topic })
  }

  #unavailable(error: unknown): Error {
    return faultOf(error) ?? fault('SINK_UNAVAILABLE', { sink: 'kafka', problem: messageOf(error) }, error)
  }
}
