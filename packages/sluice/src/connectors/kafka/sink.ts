/**
 * The Kafka sink: rows become records of one topic, encoded straight into batches by partition.
 *
 * - A body that no step changed goes out as the bytes it came with.
 * - Each record carries its id in a header; its own headers, key and time are kept.
 * - Written means acknowledged as `acks` says. What the broker refuses for what it holds is told row by row.
 */
import { Admin, Delivery, isKafkaError, type KafkaCluster, Producer } from 'sluice-kafka-client/parts'
import type { Static } from 'typebox'
import type { CommitInSink, RefusedRow, WriteResult } from '../../flow/commit.ts'
import type { OpenContext } from '../../flow/connector.ts'
import { type FieldPath, parseFieldPath } from '../../flow/field-path.ts'
import type { NewTopic } from '../../flow/kafka-ports.ts'
import { type Header, recordIdHeader } from '../../flow/record-batch.ts'
import type { Rows } from '../../flow/rows.ts'
import type { SinkSession } from '../../flow/sink.ts'
import { fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import { parseDurationMs } from '../../kernel/units.ts'
import { checkedOptions, optionInvalid, sizeBytesOf } from '../options.ts'
import { KafkaAdministrator } from './client/admin.ts'
import { faultOf } from './client/faults.ts'
import { openCluster } from './client/open-cluster.ts'
import { kafkaSinkOptions } from './definition.ts'

type Options = Static<typeof kafkaSinkOptions>

/**
 * A batch is sent again for so long (Kafka's own default). Longer means fewer repeated records after an outage: whoever
 * writes the rows again writes them as new ones.
 */
const deliveryTimeoutMs = 120_000

/** Text of a key; null where the field is missing or null. */
const keyTextOf = (value: unknown): string | null => {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'object') return JSON.stringify(value)
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : null
}

/** JSON of a new body; a null body is a tombstone. 64-bit numbers stay exact. */
const encodeBody = (body: unknown): Buffer | null => {
  if (body === null || body === undefined) return null
  return Buffer.from(JSON.stringify(body))
}

class KafkaSink implements SinkSession {
  readonly #options: Options
  readonly #cluster: KafkaCluster
  readonly #admin: KafkaAdministrator
  readonly #declared: NewTopic | undefined
  readonly #producer: Producer
  readonly #keyPath: FieldPath | null
  readonly #staticHeaders: readonly Header[]
  /** Whether the last write went well: else the topic may be gone. */
  #isTopicSure = false

  constructor(options: Options, context: OpenContext) {
    this.#options = options
    this.#declared = context.topics.find(({ name }) => name === options.topic)
    this.#cluster = openCluster(context.kafka)
    this.#admin = new KafkaAdministrator(new Admin(this.#cluster, context.clock))
    this.#producer = new Producer(
      this.#cluster,
      {
        acks: options.acks,
        compression: options.compression,
        batchBytes: sizeBytesOf('kafka', 'batch_bytes', options.batch_bytes),
        lingerMs: parseDurationMs(options.linger) ?? 0,
        deliveryTimeoutMs,
        onHeldUp: (problem) =>
          context.logger.warn('kafka does not take records now; trying again', {
            topic: options.topic,
            problem: problem.message,
          }),
      },
      context.clock,
      context.random,
    )
    this.#keyPath = options.key === undefined ? null : pathOf(options.key)
    this.#staticHeaders = Object.entries(options.headers).map(([key, value]) => ({
      key,
      value: Buffer.from(value),
    }))
  }

  async write(rows: Rows, _commit: CommitInSink | null, signal: AbortSignal): Promise<WriteResult> {
    signal.throwIfAborted()
    try {
      await this.#prepareTopic()
      const result = await this.#deliver(rows, signal)
      this.#isTopicSure = true
      return result
    } catch (error) {
      this.#isTopicSure = false
      signal.throwIfAborted()
      const known = faultOf(error)
      if (known !== undefined) throw known
      throw fault('SINK_UNAVAILABLE', { sink: this.#name(), problem: messageOf(error) }, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#producer[Symbol.dispose]()
    await this.#admin[Symbol.asyncDispose]()
  }

  async #deliver(rows: Rows, signal: AbortSignal): Promise<WriteResult> {
    const refused: RefusedRow[] = []
    const refuse = (row: number, problem: unknown): void => {
      const reason = isFault(problem)
        ? problem
        : fault('RECORD_REFUSED', { part: this.#name(), problem: messageOf(problem) }, problem)
      refused.push({ row, reason })
    }
    const delivery = new Delivery({ refused: refuse })
    for (let row = 0; row < rows.count; row++) {
      try {
        this.#add(rows, row, delivery)
      } catch (error) {
        if (isKafkaError(error)) throw error
        refuse(row, error)
      }
    }
    await delivery.done(signal)
    refused.sort((a, b) => a.row - b.row)
    return { refused, deduplicated: [] }
  }

  #add(rows: Rows, row: number, delivery: Delivery): void {
    const { batch } = rows
    const record = rows.recordOf(row)
    const value = rows.bodies === undefined ? batch.valueOf(record) : encodeBody(rows.bodies[row])
    const keyText =
      this.#keyPath === null
        ? null
        : keyTextOf(this.#keyPath.read(rows, row, this.#keyPath.fromBody ? rows.bodyOf(row) : null))
    const key = this.#keyPath === null ? batch.keyOf(record) : keyText === null ? null : Buffer.from(keyText)
    const timeMs = Math.trunc(batch.timeOf(record))
    const headers = this.#headersFor(rows, record)
    this.#producer.add(this.#options.topic, null, key, value, timeMs, headers, delivery, row)
  }

  #headersFor(rows: Rows, record: number): readonly Header[] {
    const id = { key: recordIdHeader, value: Buffer.from(rows.batch.idOf(record)) }
    const own = rows.batch.headersOf(record)
    // Most records have none: then nothing is copied.
    if (own.length === 0) return this.#staticHeaders.length === 0 ? [id] : [...this.#staticHeaders, id]
    return [...own.filter((header) => header.key !== recordIdHeader), ...this.#staticHeaders, id]
  }

  /** Makes the topic when it is missing and may be made: as it is declared, else as the options say. */
  async #prepareTopic(): Promise<void> {
    const { topic, create } = this.#options
    if (await this.#producer.prepare(topic, !this.#isTopicSure)) return
    if (!create.enabled) {
      throw fault('SINK_UNAVAILABLE', { sink: this.#name(), problem: `there is no topic ${topic}` })
    }
    try {
      await this.#admin.createTopic(
        this.#declared ?? {
          name: topic,
          partitions: create.partitions,
          replicationFactor: create.replication,
          configs: create.config,
        },
      )
    } catch (error) {
      // Somebody else was quicker.
      if (!(isFault(error) && error.code === 'TOPIC_EXISTS')) throw error
    }
    if (await this.#producer.prepare(topic, true)) return
    throw fault('SINK_UNAVAILABLE', { sink: this.#name(), problem: `topic ${topic} is still being made` })
  }

  #name(): string {
    return `kafka topic ${this.#options.topic}`
  }
}

const pathOf = (text: string): FieldPath => {
  const path = parseFieldPath(text)
  if (path === undefined) throw optionInvalid('kafka', 'key', `'${text}' is no field path`)
  return path
}

/** Opens a session; nothing is connected before the first write. @throws fault OPTION_INVALID */
export const openKafkaSink = (options: unknown, context: OpenContext): Promise<SinkSession> =>
  Promise.resolve(new KafkaSink(checkedOptions(kafkaSinkOptions, options, 'kafka'), context))
