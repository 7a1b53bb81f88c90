/**
 * The topic registry over a data directory: opens every partition at start, makes and deletes topics crash-safely, and
 * keeps the logs in order (retention, and flushing in mode `interval`).
 */
import path from 'node:path'
import { DiskLog, type LogEnvironment, openLog } from './disk-log.ts'
import type { PartitionLog } from './partition-log.ts'
import { newTopicId, TopicCatalog, type TopicRecord, topicFolder } from './topic-catalog.ts'
import { logSettings, type TopicConfig } from './topic-config.ts'
import type { NewTopic, Topic, TopicRegistry } from './topic-registry.ts'

const openAtOnce = 16

/** A topic and what the registry may do with it. */
class DiskTopic implements Topic {
  readonly name: string
  readonly id: string
  readonly internal: boolean
  readonly logs: DiskLog[] = []
  config: TopicConfig

  constructor(record: TopicRecord) {
    this.name = record.name
    this.id = record.id
    this.internal = record.internal
    this.config = record.config
  }

  get partitions(): readonly PartitionLog[] {
    return this.logs
  }
}

export interface MaintenanceOptions {
  readonly retentionCheckMs: number
  readonly flushEveryMs: number
}

export class DiskTopics implements TopicRegistry {
  readonly #folder: string
  readonly #environment: LogEnvironment
  readonly #catalog: TopicCatalog
  readonly #topics = new Map<string, DiskTopic>()
  readonly #byId = new Map<string, DiskTopic>()
  readonly #deletedListeners: ((topic: Topic) => void)[] = []
  #cancelTimers: (() => void)[] = []
  #isClosed = false

  private constructor(folder: string, catalog: TopicCatalog, environment: LogEnvironment) {
    this.#folder = folder
    this.#catalog = catalog
    this.#environment = environment
  }

  /** Opens all topics of a data directory. */
  static async open(directory: string, environment: LogEnvironment): Promise<DiskTopics> {
    const { fileSystem } = environment
    const catalog = await TopicCatalog.open(fileSystem, directory)
    const folder = path.join(directory, 'topics')
    await fileSystem.makeFolder(folder)
    const topics = new DiskTopics(folder, catalog, environment)
    await topics.#removeDeleted()
    await topics.#openAll()
    return topics
  }

  async #removeDeleted(): Promise<void> {
    for (const name of this.#catalog.deleting) {
      await this.#environment.fileSystem.remove(path.join(this.#folder, name))
      this.#catalog.deleting.delete(name)
    }
  }

  async #openAll(): Promise<void> {
    const waiting = [...this.#catalog.topics.values()].flatMap((record) => {
      const topic = new DiskTopic(record)
      this.#add(topic)
      return Array.from({ length: record.partitions }, (_, partition) => ({ topic, partition }))
    })
    const opened: { topic: DiskTopic; partition: number; log: DiskLog }[] = []
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        opened.push({ ...next, log: await this.#openLog(next.topic, next.partition) })
      }
    }
    await Promise.all(Array.from({ length: openAtOnce }, work))
    for (const { topic, partition, log } of opened) topic.logs[partition] = log
  }

  #openLog(topic: DiskTopic, partition: number): Promise<DiskLog> {
    const folder = path.join(this.#folder, topicFolder(topic), String(partition))
    return openLog({ topic: topic.name, partition, folder }, logSettings(topic.config), this.#environment)
  }

  #add(topic: DiskTopic): void {
    this.#topics.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id)
  }

  all(): Topic[] {
    return [...this.#topics.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1))
  }

  async create(fresh: NewTopic): Promise<Topic | null> {
    if (this.#catalog.topics.has(fresh.name)) return null
    const { name, partitions, config } = fresh
    const record: TopicRecord = {
      name,
      id: newTopicId(),
      partitions,
      config,
      internal: fresh.internal ?? false,
    }
    await this.#change(name, record)
    const topic = new DiskTopic(record)
    for (let partition = 0; partition < partitions; partition += 1) {
      topic.logs.push(await this.#openLog(topic, partition))
    }
    this.#add(topic)
    return topic
  }

  /** Changes the record of a topic on the disk; when the disk refuses, the old one stands. */
  async #change(name: string, record: TopicRecord): Promise<void> {
    const before = this.#catalog.topics.get(name)
    this.#catalog.topics.set(name, record)
    try {
      await this.#catalog.save()
    } catch (error) {
      if (before === undefined) this.#catalog.topics.delete(name)
      else this.#catalog.topics.set(name, before)
      throw error
    }
  }

  async delete(name: string): Promise<boolean> {
    const topic = this.#topics.get(name)
    const record = this.#catalog.topics.get(name)
    if (topic === undefined || record === undefined) return false
    const folder = topicFolder(record)
    this.#catalog.topics.delete(name)
    this.#catalog.deleting.add(folder)
    try {
      await this.#catalog.save()
    } catch (error) {
      this.#catalog.deleting.delete(folder)
      this.#catalog.topics.set(name, record)
      throw error
    }
    this.#topics.delete(name)
    this.#byId.delete(topic.id)
    for (const log of topic.logs) await log.drop()
    for (const listener of this.#deletedListeners) listener(topic)
    await this.#environment.fileSystem.remove(path.join(this.#folder, folder))
    // The catalog hears of it with the next change; until then a start only finds nothing to remove.
    this.#catalog.deleting.delete(folder)
    return true
  }

  async addPartitions(name: string, total: number): Promise<boolean> {
    const topic = this.#topics.get(name)
    const record = this.#catalog.topics.get(name)
    if (topic === undefined || record === undefined) return false
    await this.#change(name, { ...record, partitions: total })
    for (let partition = topic.logs.length; partition < total; partition += 1) {
      topic.logs.push(await this.#openLog(topic, partition))
    }
    return true
  }

  async configure(name: string, config: TopicConfig): Promise<boolean> {
    const topic = this.#topics.get(name)
    const record = this.#catalog.topics.get(name)
    if (topic === undefined || record === undefined) return false
    await this.#change(name, { ...record, config })
    topic.config = config
    for (const log of topic.logs) log.configure(logSettings(config))
    return true
  }

  onDeleted(work: (topic: Topic) => void): void {
    this.#deletedListeners.push(work)
  }

  /** Begins to drop what has expired, and to flush in mode `interval`, until `close`. */
  startMaintenance(options: MaintenanceOptions): void {
    this.#every(options.retentionCheckMs, (log) => log.applyRetention())
    if (this.#environment.durability === 'interval') this.#every(options.flushEveryMs, (log) => log.flush())
  }

  #every(intervalMs: number, work: (log: DiskLog) => Promise<void>): void {
    const run = async (): Promise<void> => {
      for (const log of this.#logs()) {
        await work(log).catch((error: unknown) => {
          this.#environment.report(`${log.topic}-${log.partition}: upkeep failed: ${String(error)}`)
        })
      }
      plan()
    }
    const plan = (): void => {
      if (this.#isClosed) return
      const cancel = this.#environment.clock.after(intervalMs, () => {
        this.#cancelTimers = this.#cancelTimers.filter((each) => each !== cancel)
        void run()
      })
      this.#cancelTimers.push(cancel)
    }
    plan()
  }

  #logs(): DiskLog[] {
    return [...this.#topics.values()].flatMap((topic) => topic.logs)
  }

  /** Flushes and closes every log. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const cancel of this.#cancelTimers) cancel()
    this.#cancelTimers = []
    const waiting = this.#logs()
    const work = async (): Promise<void> => {
      for (let log = waiting.pop(); log !== undefined; log = waiting.pop()) await log.close()
    }
    await Promise.all(Array.from({ length: openAtOnce }, work))
  }
}
