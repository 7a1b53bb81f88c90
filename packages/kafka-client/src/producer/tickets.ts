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

const kafkaErrorFrom = (problem: Error): KafkaError =>
  problem instanceof KafkaError
    ? problem
    : new KafkaError('RECORD_INVALID', 'a record', messageOf(problem), problem)

/** For records whose fate nobody asks for. */
export const unheard: Ticket = {
  written: () => undefined,
  refused: () => undefined,
  failed: () => undefined,
  hold: () => undefined,
  letGo: () => undefined,
}

/** For one record. */
export class SingleTicket implements Ticket {
  readonly #topic: string
  readonly #timeMs: number
  readonly #report: DeliveryReport

  constructor(topic: string, timeMs: number, report: DeliveryReport) {
    this.#topic = topic
    this.#timeMs = timeMs
    this.#report = report
  }

  written(_index: number, partition: number, offset: bigint, appendedMs: number): void {
    const timeMs = appendedMs >= 0 ? appendedMs : this.#timeMs
    this.#report(null, { topic: this.#topic, partition, offset, timeMs })
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
  readonly #records: readonly { readonly topic: string; readonly timeMs?: number }[]
  readonly #nowMs: number
  readonly #results: (Delivered | KafkaError | undefined)[]
  readonly #done = Promise.withResolvers<void>()
  #holds = 1
  #failure: Error | null = null

  /** @param nowMs the time of records that have none */
  constructor(records: readonly { readonly topic: string; readonly timeMs?: number }[], nowMs: number) {
    this.#records = records
    this.#nowMs = nowMs
    this.#results = records.map(() => undefined)
  }

  written(index: number, partition: number, offset: bigint, appendedMs: number): void {
    const { topic = '', timeMs = this.#nowMs } = this.#records[index] ?? {}
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
