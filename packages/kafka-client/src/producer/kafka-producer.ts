/**
 * The producer that people work with.
 *
 * - Idempotent: what is written is written once and in the order in which it was added, through retries, lost connections
 *   and new leaders. Where nobody knows whether a record was written, it fails rather than be written twice.
 * - Bounded: `add` says when its buffer is full, `send` waits until there is room.
 * - Every record's fate is told: where it stands, or why not.
 */
import type { HeaderInput } from 'sluice-kafka-protocol'
import { type KafkaCluster, unknownTopic } from '../cluster/cluster.ts'
import type { CompressionName } from '../compression/codecs.ts'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { Ticket } from './produce-batch.ts'
import { Producer } from './producer.ts'
import type { ProduceScope } from './producer-options.ts'
import { type Delivered, type DeliveryReport, ManyTicket, SingleTicket, unheard } from './tickets.ts'

export interface ProducerRecord {
  readonly topic: string
  /** Left out: by the key, as Java's clients choose it; without a key, all partitions evenly. */
  readonly partition?: number | null
  /** Text is written as UTF-8. */
  readonly key?: Uint8Array | string | null
  /** null: a tombstone. */
  readonly value: Uint8Array | string | null
  readonly headers?: Readonly<Record<string, Uint8Array | string | null>> | readonly HeaderInput[]
  /** Milliseconds since 1970; now, where left out. */
  readonly timeMs?: number
}

export interface ProducerSettings {
  /**
   * `all` (preset): written by all replicas in sync, once and in order. `1`: by the leader alone; `0`: nobody asks. With these
   * two a record may be lost, or written twice.
   */
  readonly acks?: 'all' | '1' | '0'
  readonly compression?: CompressionName
  /** A batch of this size leaves at once; 1,000,000 where left out, which is what a broker takes unless it is told otherwise. */
  readonly batchBytes?: number
  /** How long a record may wait for others to share its batch; 0 (preset): only while its partition is busy. */
  readonly lingerMs?: number
  /** How long a record is tried, 120 s where left out; then it fails. */
  readonly deliveryTimeoutMs?: number
  /** Bytes of records in memory, 32 MiB where left out. */
  readonly bufferBytes?: number
  /** Records cannot be written for now, and are sent again and again. */
  readonly onTrouble?: (problem: Error) => void
}

interface Waiting {
  readonly record: ProducerRecord
  readonly ticket: Ticket
  readonly index: number
  readonly bytes: number
}

/** The longest that an unknown topic is looked for: it may just have been made. */
const topicWaitMsMax = 10_000
const topicBackoff = { firstMs: 50, mostMs: 1_000 }
const recordBytesMax = 64 * 1024 * 1024
const closeWithinMs = 30_000
const bufferBytesUsual = 32 * 1024 * 1024
const noHeaders: readonly HeaderInput[] = []

const bytesOf = (value: Uint8Array | string | null | undefined): Uint8Array | null =>
  typeof value === 'string' ? Buffer.from(value) : (value ?? null)

const isList = (headers: ProducerRecord['headers']): headers is readonly HeaderInput[] =>
  Array.isArray(headers)

const headersOf = (headers: ProducerRecord['headers']): readonly HeaderInput[] => {
  if (headers === undefined) return noHeaders
  if (isList(headers)) return headers
  return Object.entries(headers).map(([key, value]) => ({ key, value: bytesOf(value) }))
}

/** About what it will take. */
const sizeOf = ({ key, value }: ProducerRecord): number => 32 + (key?.length ?? 0) + (value?.length ?? 0)

/** @throws KafkaError OPTION_INVALID */
const checked = (settings: ProducerSettings): ProducerSettings => {
  const atLeast = { batchBytes: 1, bufferBytes: 1, lingerMs: 0, deliveryTimeoutMs: 1 } as const
  for (const name of ['batchBytes', 'bufferBytes', 'lingerMs', 'deliveryTimeoutMs'] as const) {
    const value = settings[name] ?? atLeast[name]
    if (!(Number.isFinite(value) && value >= atLeast[name]))
      throw new KafkaError('OPTION_INVALID', name, `${value} is less than ${atLeast[name]}`)
  }
  return settings
}

export class KafkaProducer implements AsyncDisposable {
  readonly #cluster: KafkaCluster
  readonly #producer: Producer
  readonly #clock: Clock
  readonly #random: Random
  readonly #bufferBytes: number
  readonly #topicWaitMs: number
  readonly #closing = new AbortController()
  /** Records of topics that are not known yet. */
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #learning = new Set<Promise<void>>()
  #waitingBytes = 0
  #closed: Promise<void> | null = null

  /** Connects nothing yet. The cluster ends with the producer. @throws KafkaError OPTION_INVALID */
  constructor(
    cluster: KafkaCluster,
    settings: ProducerSettings,
    clock: Clock,
    random: Random,
    scope?: ProduceScope,
  ) {
    const { onTrouble, ...given } = checked(settings)
    this.#cluster = cluster
    this.#clock = clock
    this.#random = random
    this.#bufferBytes = given.bufferBytes ?? bufferBytesUsual
    const deliveryTimeoutMs = given.deliveryTimeoutMs ?? 120_000
    this.#topicWaitMs = Math.min(deliveryTimeoutMs, topicWaitMsMax)
    const options = {
      acks: 'all',
      compression: 'none',
      batchBytes: 1_000_000,
      lingerMs: 0,
      ...given,
      deliveryTimeoutMs,
      ...(onTrouble === undefined ? {} : { onHeldUp: onTrouble }),
      ...(scope === undefined ? {} : { scope }),
    } as const
    this.#producer = new Producer(cluster, options, clock, random)
  }

  /** Bytes of records that are neither written nor refused, about. */
  get bufferedBytes(): number {
    return this.#producer.bufferedBytes + this.#waitingBytes
  }

  /**
   * Writes one record; waits for room where the buffer is full.
   * @throws KafkaError with what became of it
   */
  async send(record: ProducerRecord): Promise<Delivered> {
    if (this.#isFull) await this.ready()
    return await new Promise((resolve, reject) => {
      this.add(record, (problem, delivered) => {
        if (delivered !== null) resolve(delivered)
        else reject(problem ?? new Error('nothing was heard of the record'))
      })
    })
  }

  /**
   * Writes records, waiting for room now and then; resolves when all of them are settled.
   * @throws KafkaError the first that failed: then others may be written (`sendEach` tells which)
   */
  async sendAll(records: readonly ProducerRecord[]): Promise<readonly Delivered[]> {
    const results = await this.sendEach(records)
    return results.map((result) => {
      if (result instanceof KafkaError) throw result
      return result
    })
  }

  /** Writes records, waiting for room now and then; resolves to what became of each, in their order. Never rejects. */
  async sendEach(records: readonly ProducerRecord[]): Promise<readonly (Delivered | KafkaError)[]> {
    const nowMs = this.#clock.now()
    const ticket = new ManyTicket(records, nowMs)
    for (const [index, record] of records.entries()) {
      if (this.#isFull) await this.ready()
      try {
        this.#put(record, ticket, index, record.timeMs ?? nowMs)
      } catch (error) {
        ticket.refused(index, error instanceof Error ? error : new Error(String(error)))
      }
    }
    return await ticket.results()
  }

  /**
   * Takes a record to be written soon; its bytes are copied.
   * @param report hears what became of it, once
   * @returns whether there is room for more: where not, await `ready()` before the next
   * @throws KafkaError BUFFER_FULL where that was not awaited, CLOSED, RECORD_INVALID; then nothing is reported
   */
  add(record: ProducerRecord, report?: DeliveryReport): boolean {
    if (this.#isFull)
      throw new KafkaError('BUFFER_FULL', 'the producer', `it holds ${this.bufferedBytes} bytes`)
    const timeMs = record.timeMs ?? this.#clock.now()
    const ticket = report === undefined ? unheard : new SingleTicket(record.topic, timeMs, report)
    this.#put(record, ticket, 0, timeMs)
    return !this.#isFull
  }

  /** Resolves when there is room. */
  async ready(): Promise<void> {
    while (this.#isFull && !this.#closing.signal.aborted) {
      if (this.#producer.isFull) await this.#producer.ready()
      else await Promise.race(this.#learning)
    }
  }

  /** Resolves when all that was added before is settled: written, or told to have failed. Nothing lingers meanwhile. */
  async flush(): Promise<void> {
    await Promise.all(this.#learning)
    await this.#producer.flush()
  }

  /**
   * Takes no more records, writes what there is, and ends.
   * @param withinMs then what is left fails with CLOSED; 30 s where left out
   */
  async close({ withinMs = closeWithinMs }: { readonly withinMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#end(withinMs)
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What is done before the end, within its time. */
  protected async finish(): Promise<void> {
    await this.flush()
  }

  /** @throws KafkaError where a record can't be taken now */
  protected assertWritable(): void {
    if (this.#closed !== null) throw new KafkaError('CLOSED', 'the producer', 'it takes no more records')
  }

  /** Gives up all there is; @returns whether sequence numbers are lost */
  protected async abandon(problem: Error): Promise<boolean> {
    for (const topic of this.#waiting.keys()) this.#failWaiting(topic, problem)
    return await this.#producer.abandon(problem)
  }

  protected get parts(): Pick<Producer, 'wake' | 'resume'> {
    return this.#producer
  }

  get #isFull(): boolean {
    return this.#producer.isFull || this.bufferedBytes >= this.#bufferBytes
  }

  async #end(withinMs: number): Promise<void> {
    const over = new AbortController()
    const finished = this.finish().catch(() => undefined)
    await Promise.race([finished, this.#clock.sleep(withinMs, over.signal)])
    over.abort()
    this.#closing.abort()
    const problem = new KafkaError('CLOSED', 'the producer', 'it did not wait for these records')
    for (const topic of this.#waiting.keys()) this.#failWaiting(topic, problem)
    this.#producer[Symbol.dispose]()
    this.#cluster[Symbol.dispose]()
  }

  /** @throws KafkaError */
  #put(record: ProducerRecord, ticket: Ticket, index: number, timeMs: number): void {
    this.assertWritable()
    const bytes = sizeOf(record)
    if (bytes > recordBytesMax)
      throw new KafkaError('RECORD_TOO_LARGE', record.topic, `${bytes} bytes, of at most ${recordBytesMax}`)
    if (!Number.isSafeInteger(timeMs))
      throw new KafkaError('RECORD_INVALID', record.topic, `${timeMs} is no time in ms`)
    const { topic } = record
    if (this.#producer.knows(topic) && !this.#waiting.has(topic)) this.#pass(record, ticket, index, timeMs)
    else this.#wait({ record: { ...record, timeMs }, ticket, index, bytes })
  }

  #pass(record: ProducerRecord, ticket: Ticket, index: number, timeMs: number): void {
    const { topic, partition = null, key, value, headers } = record
    const keyBytes = bytesOf(key)
    this.#producer.add(topic, partition, keyBytes, bytesOf(value), timeMs, headersOf(headers), ticket, index)
  }

  #wait(waiting: Waiting): void {
    const { topic } = waiting.record
    const { key, value } = waiting.record
    // Whoever added it may use its bytes again.
    const copied = { ...waiting, record: { ...waiting.record, key: copyOf(key), value: copyOf(value) } }
    waiting.ticket.hold()
    this.#waitingBytes += waiting.bytes
    const others = this.#waiting.get(topic)
    if (others !== undefined) {
      others.push(copied)
      return
    }
    this.#waiting.set(topic, [copied])
    const learning = this.#learn(topic)
    this.#learning.add(learning)
    void learning.then(() => this.#learning.delete(learning))
  }

  /** Looks the topic up, then hands its records over. Never rejects. */
  async #learn(topic: string): Promise<void> {
    const untilMs = this.#clock.now() + this.#topicWaitMs
    let problem: KafkaError = unknownTopic(topic)
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      try {
        if (await this.#producer.prepare(topic)) {
          this.#passWaiting(topic)
          return
        }
      } catch (error) {
        problem = isKafkaError(error)
          ? error
          : new KafkaError('CONNECTION_LOST', topic, messageOf(error), error)
        if (problem.advice === 'give_up') break
      }
      if (this.#clock.now() >= untilMs) break
      await this.#clock.sleep(backoffMs(topicBackoff, attempt, this.#random), this.#closing.signal)
    }
    this.#failWaiting(topic, problem)
  }

  #passWaiting(topic: string): void {
    for (const { record, ticket, index } of this.#takeWaiting(topic)) {
      try {
        this.#pass(record, ticket, index, record.timeMs ?? 0)
      } catch (error) {
        ticket.refused(index, error instanceof Error ? error : new Error(String(error)))
      }
      ticket.letGo()
    }
  }

  #failWaiting(topic: string, problem: Error): void {
    for (const { ticket, index } of this.#takeWaiting(topic)) {
      ticket.refused(index, problem)
      ticket.letGo()
    }
  }

  #takeWaiting(topic: string): readonly Waiting[] {
    const waiting = this.#waiting.get(topic) ?? []
    this.#waiting.delete(topic)
    for (const { bytes } of waiting) this.#waitingBytes -= bytes
    return waiting
  }
}

const copyOf = (value: Uint8Array | string | null | undefined): Uint8Array | string | null =>
  value instanceof Uint8Array ? Buffer.from(value) : (value ?? null)
