/**
 * Topics in memory for tests: logs that keep batches, can fail and can wait, and whose beginning can be dropped.
 */
import { BatchView } from 'sluice-kafka-protocol'
import type { AppendOutcome, PartitionLog } from '../log/partition-log.ts'
import type { ReadResult } from '../log/read-result.ts'
import type { NewTopic, Topic, TopicRegistry } from '../log/topic-registry.ts'

/** One partition's log in memory: as much of it as the coordinator uses. */
export class MemoryLog {
  batches: { readonly baseOffset: bigint; readonly bytes: Buffer }[] = []
  logStartOffset = 0n
  highWatermark = 0n
  /** The error code that appends and reads end with. */
  error: AppendOutcome['error'] = 0

  get sizeBytes(): number {
    return this.batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  async append(batch: Buffer): Promise<Pick<AppendOutcome, 'error' | 'baseOffset'>> {
    const baseOffset = this.highWatermark
    if (this.error !== 0) return { error: this.error, baseOffset: -1n }
    const view = new BatchView().move(batch)
    if (!view.hasValidCrc()) throw new Error('a batch with a wrong checksum')
    view.setBaseOffset(baseOffset)
    this.batches.push({ baseOffset, bytes: batch })
    this.highWatermark += BigInt(view.recordCount)
    await Promise.resolve()
    return { error: 0, baseOffset }
  }

  async read(offset: bigint, maxBytes: number): Promise<ReadResult> {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    for (const { baseOffset, bytes } of this.batches) {
      if (this.error !== 0 || baseOffset < offset || (sizeBytes > 0 && sizeBytes + bytes.length > maxBytes))
        continue
      chunks.push(Buffer.from(bytes))
      sizeBytes += bytes.length
    }
    return {
      error: this.error,
      chunks,
      sizeBytes,
      release: () => chunks.forEach((chunk) => chunk.fill(0xff)),
    }
  }

  async deleteBefore(offset: bigint): Promise<bigint> {
    this.logStartOffset = offset
    this.batches = this.batches.filter(({ baseOffset }) => baseOffset >= offset)
    return offset
  }
}

/** Topics that exist as long as the test does. */
export class MemoryTopics {
  readonly #topics = new Map<string, Topic>()
  readonly logs = new Map<string, MemoryLog>()

  constructor(...names: string[]) {
    for (const name of names) this.#add({ name, partitions: 3, config: {} })
  }

  /** As the registry the code asks for. */
  get registry(): TopicRegistry {
    const registry: Pick<TopicRegistry, 'get' | 'byId' | 'create'> = {
      get: (name) => this.#topics.get(name),
      byId: (id) => [...this.#topics.values()].find((topic) => topic.id === id),
      create: async (topic) => this.#add(topic),
    }
    return registry as TopicRegistry
  }

  #add({ name, partitions, config, internal = false }: NewTopic): Topic {
    const logs = Array.from({ length: partitions }, () => new MemoryLog())
    const [first] = logs
    if (first !== undefined) this.logs.set(name, first)
    const id = Buffer.alloc(16, name).toString('base64url')
    const topic = { name, id, internal, config, partitions: logs as unknown as PartitionLog[] }
    this.#topics.set(name, topic)
    return topic
  }
}
