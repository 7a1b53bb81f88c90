/** A broker in memory for tests of admin requests, and a way to ask it as a client does: bytes in, bytes out. */
import { type Message, Reader, readResponseHeader, Writer } from 'sluice-kafka-protocol'
import type { GroupCoordinator } from '../coordinators/group-coordinator.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicConfig } from '../log/topic-config.ts'
import type { NewTopic, Topic, TopicRegistry } from '../log/topic-registry.ts'
import type { Broker, BrokerSettings, LogDirectory, RequestContext, RequestDefinition } from './define.ts'

const diskFull = 'ENOSPC: no space left on device'

export const nodeId = 1
export const clusterId = 'c1us7er0000000000000AA'

export const settings: BrokerSettings = {
  autoCreateTopics: true,
  defaultPartitions: 3,
  advertised: null,
  fetchBytesMax: 50_000_000,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 300_000,
  groupInitialRebalanceDelayMs: 0,
  offsetsRetentionMs: 7 * 24 * 60 * 60_000,
  offsetsTopicPartitions: 4,
}

export const logDirectory: LogDirectory = {
  path: '/var/lib/broker',
  space: async () => ({ totalBytes: 500n, usableBytes: 200n }),
}

/** What admin requests see of a log. The start moves as DeleteRecords moves it. */
const memoryLog = (topics: MemoryTopics, topic: string, partition: number): PartitionLog => {
  let logStartOffset = 10n
  const log = {
    topic,
    partition,
    leaderEpoch: 0,
    damage: null,
    highWatermark: 100n,
    sizeBytes: 1_000 + partition,
    get logStartOffset() {
      return logStartOffset
    },
    deleteBefore: async (offset: bigint) => {
      if (topics.diskRefuses) throw new Error(diskFull)
      if (offset > log.highWatermark || offset < 0n) return null
      if (offset > logStartOffset) logStartOffset = offset
      return logStartOffset
    },
  }
  return log as unknown as PartitionLog
}

export interface MemoryTopic {
  readonly name: string
  readonly partitions: number
  readonly config?: TopicConfig
  readonly internal?: boolean
}

interface MutableTopic extends Topic {
  partitions: PartitionLog[]
  config: TopicConfig
}

/** Keeps topics in memory; every change takes a moment, and all fail while `diskRefuses` is set. */
class MemoryTopics implements TopicRegistry {
  diskRefuses = false
  readonly #topics = new Map<string, MutableTopic>()

  constructor(topics: readonly MemoryTopic[]) {
    for (const { name, partitions, config, internal } of topics) {
      this.#topics.set(name, {
        name,
        id: Buffer.from(name.padEnd(16, '.')).toString('base64url').slice(0, 22),
        internal: internal ?? false,
        partitions: Array.from({ length: partitions }, (_, partition) => memoryLog(this, name, partition)),
        config: config ?? {},
      })
    }
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  byId(id: string): Topic | undefined {
    return this.all().find((topic) => topic.id === id)
  }

  all(): Topic[] {
    return [...this.#topics.values()]
  }

  create(_topic: NewTopic): Promise<Topic | null> {
    throw new Error('no admin request under test makes topics')
  }

  delete(_name: string): Promise<boolean> {
    throw new Error('no admin request under test deletes topics')
  }

  addPartitions(name: string, total: number): Promise<boolean> {
    return this.#change(name, (topic) => {
      for (let partition = topic.partitions.length; partition < total; partition++) {
        topic.partitions.push(memoryLog(this, name, partition))
      }
    })
  }

  configure(name: string, config: TopicConfig): Promise<boolean> {
    return this.#change(name, (topic) => {
      topic.config = config
    })
  }

  onDeleted(): void {}

  async #change(name: string, change: (topic: MutableTopic) => void): Promise<boolean> {
    // As with a disk, the change is there only after other work had its turn.
    await new Promise((resolve) => setImmediate(resolve))
    if (this.diskRefuses) throw new Error(diskFull)
    const topic = this.#topics.get(name)
    if (topic === undefined) return false
    change(topic)
    return true
  }
}

export interface Rig {
  readonly topics: MemoryTopics
  readonly reports: readonly string[]
  readonly broker: Broker
}

export const rigWith = (...memoryTopics: readonly MemoryTopic[]): Rig => {
  const topics = new MemoryTopics(memoryTopics)
  const reports: string[] = []
  const broker = {
    nodeId,
    clusterId,
    settings,
    logDirectory,
    clock: { now: () => 0, after: () => () => undefined },
    random: () => 0.5,
    topics,
    groups: {} as GroupCoordinator,
    stopping: new AbortController().signal,
    nextProducerId: () => Promise.resolve(1n),
    report: (line: string) => void reports.push(line),
  }
  return { topics, reports, broker }
}

/** Sends `request` in `version` and answers the decoded response. */
export const ask = async <RequestIn, ResponseOut>(
  definition: RequestDefinition,
  message: Message<unknown, RequestIn, ResponseOut, never>,
  version: number,
  request: RequestIn,
  broker: Broker,
): Promise<ResponseOut> => {
  const writer = new Writer()
  message.encodeRequest(version, request, writer)
  const context: RequestContext = {
    broker,
    connection: {
      id: 1,
      localAddress: '127.0.0.1',
      localPort: 9092,
      remoteAddress: '127.0.0.1',
      remotePort: 50_000,
      signal: new AbortController().signal,
    },
    apiKey: message.key,
    apiVersion: version,
    correlationId: 5,
    clientId: 'test',
    slab: null,
    whenSent: () => undefined,
  }
  const chunks = await definition.handle(new Reader(writer.toBuffer()), context)
  if (chunks === null) throw new Error(`${message.name} got no response`)
  const reader = new Reader(Buffer.concat(chunks), 4)
  readResponseHeader(reader, message, version)
  return message.decodeResponse(version, reader)
}
