/**
 * The offsets store on disk: the topic `__consumer_offsets`, one partition, in Kafka's record format.
 *
 * - The topic is made when the first record is stored. Everything in it is read at start.
 * - It does not grow without bound: when as much has been written as two rewrites would take, and more than
 *   `rewriteBytesMin`, every record that still counts is appended once more, and all before that is dropped. A crash
 *   between the two leaves both, which reads the same.
 * - A record that cannot be read stops the start of the coordinator: to go on without it would mean to forget how far
 *   somebody had come.
 */
import {
  BatchEncoder,
  BatchView,
  compressionIds,
  errorCodes,
  kafkaErrorOf,
  RecordColumns,
  walkRecords,
} from 'sluice-kafka-protocol'
import type { Clock } from '../log/clock.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicRegistry } from '../log/topic-registry.ts'
import type { GroupError } from './group-state.ts'
import type { StoredRecord } from './offsets-records.ts'
import type { LiveRecords, OffsetsStore } from './offsets-store.ts'

export const offsetsTopic = '__consumer_offsets'

/** Settings of the topic: nothing ages in it, and segments are small so that a rewrite frees what it replaced. */
const offsetsTopicConfig = {
  'cleanup.policy': 'compact',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'segment.bytes': String(4 * 1024 * 1024),
  'max.message.bytes': String(32 * 1024 * 1024),
}

const readBytesMax = 1024 * 1024
/** A rewrite is cut into batches of about this size. */
const rewriteBatchBytes = 512 * 1024

export interface OffsetsLogOptions {
  readonly topics: TopicRegistry
  readonly clock: Clock
  readonly live: LiveRecords
  readonly report: (line: string) => void
  /** Below this many bytes since the last rewrite none is made. */
  readonly rewriteBytesMin?: number
}

interface Waiting {
  readonly records: readonly StoredRecord[]
  readonly whenStored: (error: GroupError) => void
}

export class OffsetsLog implements OffsetsStore {
  readonly #options: OffsetsLogOptions
  readonly #rewriteBytesMin: number
  #log: PartitionLog | undefined
  /** Appends wait here while the topic is made and while a rewrite runs. */
  #held: Waiting[] = []
  #isHolding = false
  #busy: Promise<void> = Promise.resolve()
  readonly #underWay = new Set<Promise<void>>()
  #bytesSinceRewrite = 0
  #rewriteBytes = 0

  constructor(options: OffsetsLogOptions) {
    this.#options = options
    this.#rewriteBytesMin = options.rewriteBytesMin ?? 16 * 1024 * 1024
    this.#log = options.topics.get(offsetsTopic)?.partitions[0]
  }

  async replay(visit: (record: StoredRecord) => void): Promise<void> {
    const log = this.#log
    if (log === undefined) return
    this.#bytesSinceRewrite = log.sizeBytes
    const view = new BatchView()
    let next = log.logStartOffset
    while (next < log.highWatermark) {
      const bytes = await this.#read(log, next)
      for (let at = 0; at < bytes.length; at = view.end) {
        view.move(bytes, at)
        next = view.lastOffset + 1n
        visitBatch(view, visit)
      }
    }
  }

  append(records: readonly StoredRecord[], whenStored: (error: GroupError) => void): void {
    if (this.#isHolding) {
      this.#held.push({ records, whenStored })
    } else if (this.#log === undefined) {
      this.#held.push({ records, whenStored })
      this.#hold(() => this.#open())
    } else {
      this.#write(this.#log, { records, whenStored })
    }
  }

  async close(): Promise<void> {
    // The end of one may begin another: what was held goes out, which may ask for a rewrite.
    while (this.#isHolding || this.#underWay.size > 0) {
      await this.#busy
      await Promise.all(this.#underWay)
    }
  }

  async #read(log: PartitionLog, offset: bigint): Promise<Buffer> {
    const read = await log.read(offset, readBytesMax, true)
    try {
      if (read.error !== errorCodes.NONE || read.sizeBytes === 0)
        throw new Error(`${offsetsTopic} cannot be read at offset ${offset} (error ${read.error})`)
      return Buffer.concat(read.chunks)
    } finally {
      read.release()
    }
  }

  #write(log: PartitionLog, { records, whenStored }: Waiting): void {
    const stored = this.#appendBatch(log, records).then((error) => {
      whenStored(error)
      this.#underWay.delete(stored)
      const dueBytes = Math.max(this.#rewriteBytesMin, 2 * this.#rewriteBytes)
      if (this.#bytesSinceRewrite > dueBytes && !this.#isHolding) this.#hold(() => this.#rewrite(log))
    })
    this.#underWay.add(stored)
  }

  async #appendBatch(log: PartitionLog, records: readonly StoredRecord[]): Promise<GroupError> {
    const encoder = new BatchEncoder(
      records.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0) + 32, 64),
    )
    const nowMs = this.#options.clock.now()
    for (const { key, value } of records) encoder.append(key, value, nowMs)
    const batch = encoder.finish()
    const { error } = await log.append(batch, { origin: 'broker' })
    if (error === errorCodes.NONE) this.#bytesSinceRewrite += batch.length
    return kafkaErrorOf(error).name
  }

  /** Lets nothing be appended while `work` runs, and lets everything go afterwards. */
  #hold(work: () => Promise<void>): void {
    this.#isHolding = true
    this.#busy = work()
      .catch((error: unknown) => this.#options.report(`${offsetsTopic}: ${String(error)}`))
      .then(() => {
        this.#isHolding = false
        const held = this.#held
        this.#held = []
        for (const waiting of held) {
          if (this.#log === undefined) waiting.whenStored('KAFKA_STORAGE_ERROR')
          else this.#write(this.#log, waiting)
        }
      })
  }

  async #open(): Promise<void> {
    const { topics } = this.#options
    const name = offsetsTopic
    const created = await topics.create({ name, partitions: 1, config: offsetsTopicConfig, internal: true })
    this.#log = (created ?? topics.get(name))?.partitions[0]
  }

  async #rewrite(log: PartitionLog): Promise<void> {
    // What is on its way counts too, and is known to the coordinator only once it is stored.
    await Promise.all(this.#underWay)
    const start = log.highWatermark
    this.#bytesSinceRewrite = 0
    const appended: Promise<GroupError>[] = []
    for (const records of inBatches(this.#options.live())) appended.push(this.#appendBatch(log, records))
    const failed = (await Promise.all(appended)).find((error) => error !== 'NONE')
    this.#rewriteBytes = this.#bytesSinceRewrite
    this.#bytesSinceRewrite = 0
    if (failed !== undefined) throw new Error(`could not be rewritten: ${failed}`)
    await log.deleteBefore(start)
  }
}

const visitBatch = (view: BatchView, visit: (record: StoredRecord) => void): void => {
  if (view.compression !== compressionIds.none) throw new Error(`${offsetsTopic} has a compressed batch`)
  const { buffer } = view
  const columns = new RecordColumns(view.recordCount)
  walkRecords(buffer, view.recordsStart, view.end, view.recordCount, columns)
  // Copied, as single records outlive the piece of log they were read with.
  const copy = (start: number | undefined, end: number | undefined): Buffer | null =>
    start === undefined || start < 0 ? null : Buffer.from(buffer.subarray(start, end))
  for (let index = 0; index < columns.length; index += 1) {
    const key = copy(columns.keyStart[index], columns.keyEnd[index])
    const value = copy(columns.valueStart[index], columns.valueEnd[index])
    if (key !== null) visit({ key, value })
  }
}

function* inBatches(records: Iterable<StoredRecord>): Generator<readonly StoredRecord[]> {
  let batch: StoredRecord[] = []
  let sizeBytes = 0
  for (const record of records) {
    batch.push(record)
    sizeBytes += record.key.length + (record.value?.length ?? 0)
    if (sizeBytes < rewriteBatchBytes) continue
    yield batch
    batch = []
    sizeBytes = 0
  }
  if (batch.length > 0) yield batch
}
