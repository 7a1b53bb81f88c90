/** Tickets of the public producer: what became of one record, or of each of many. */
import { KafkaError, messageOf } from '../errors/kafka-error.ts'
import type { Ticket } from './produce-batch.ts'

/** Where a record stands. */
export interface Delivered {
  readonly topic: string
  readonly partition: number
  /** -1 where the broker does not tell: with `acks: '0'`, and for a record that it had already. */
  readonly offset: bigint
  /** Milliseconds since 1970: the record's own, or the broker's on topics with LogAppendTime. */
  readonly timeMs: number
}

/** Hears what became of a record; exactly one of both is null. */
export type DeliveryReport = (problem: KafkaError | null, delivered: Delivered | null) => void

/** A record as it goes into a batch. */
export interface PlainRecord {
  readonly topic: string
  readonly timeMs: number
}

const kafkaErrorFrom = (problem: Error): KafkaError =>
  problem instanceof KafkaError
    ? problem
    : new KafkaError('RECORD_INVALID', 'a record', messageOf(problem), problem)

/** For one record. */
export class SingleTicket implements Ticket {
  readonly #record: PlainRecord
  readonly #report: DeliveryReport

  constructor(record: PlainRecord, report: DeliveryReport) {
    this.#record = record
    this.#report = report
  }

  written(_index: number, partition: number, offset: bigint, appendedMs: number): void {
    const { topic, timeMs } = this.#record
    this.#report(null, { topic, partition, offset, timeMs: appendedMs >= 0 ? appendedMs : timeMs })
  }

  refused(_index: number, problem: Error): void {
    this.#report(kafkaErrorFrom(problem), null)
  }

  failed(problem: Error): void {
    this.#report(kafkaErrorFrom(problem), null)
  }

  hold(): void {
    // It is told when its one batch is settled.
  }

  letGo(): void {
    // As above.
  }
}

/** For many records that are awaited together. */
export class ManyTicket implements Ticket {
  readonly #records: readonly PlainRecord[]
  readonly #results: (Delivered | KafkaError | undefined)[]
  readonly #done = Promise.withResolvers<void>()
  #holds = 1
  #failure: Error | null = null

  constructor(records: readonly PlainRecord[]) {
    this.#records = records
    this.#results = Array.from({ length: records.length }, () => undefined)
  }

  written(index: number, partition: number, offset: bigint, appendedMs: number): void {
    const { topic = '', timeMs = 0 } = this.#records[index] ?? {}
    this.#results[index] = { topic, partition, offset, timeMs: appendedMs >= 0 ? appendedMs : timeMs }
  }

  refused(index: number, problem: Error): void {
    this.#results[index] = kafkaErrorFrom(problem)
  }

  failed(problem: Error): void {
    this.#failure ??= problem
  }

  hold(): void {
    this.#holds++
  }

  letGo(): void {
    this.#holds--
    if (this.#holds === 0) this.#done.resolve()
  }

  /** All records are handed over; resolves to what became of each, in their order. */
  async results(): Promise<readonly (Delivered | KafkaError)[]> {
    this.letGo()
    await this.#done.promise
    const failure = kafkaErrorFrom(this.#failure ?? new Error('nothing was heard of it'))
    return this.#results.map((result) => result ?? failure)
  }
}
