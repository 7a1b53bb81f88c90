/**
 * The file that says which topics there are. It is replaced whole, so a crash leaves the old or the new state; changes
 * that come while it is being written share the next writing.
 */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { FileSystem } from './file-system.ts'
import type { TopicConfig } from './topic-config.ts'

export interface TopicRecord {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly config: TopicConfig
  readonly internal: boolean
}

const fileName = 'topics.json'
const folderNameMax = 120

/** A fresh topic id in Kafka's text form. As in Kafka, none begins with '-', which command lines take for a flag. */
export const newTopicId = (): string => {
  for (;;) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** The folder of a topic's logs. It carries the id, so a topic made anew never meets old files. */
export const topicFolder = (topic: Pick<TopicRecord, 'name' | 'id'>): string =>
  // Hexadecimal, because some disks cannot tell upper case from lower.
  `${topic.name.slice(0, folderNameMax)}.${Buffer.from(topic.id, 'base64url').toString('hex')}`

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const isConfig = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((each) => typeof each === 'string')

const parseTopic = (value: unknown): TopicRecord | null => {
  if (!isObject(value)) return null
  const { name, id, partitions, config, internal } = value
  if (typeof name !== 'string' || typeof id !== 'string' || typeof partitions !== 'number') return null
  return isConfig(config) ? { name, id, partitions, config, internal: internal === true } : null
}

export class TopicCatalog {
  readonly #fileSystem: FileSystem
  readonly #file: string
  readonly topics: Map<string, TopicRecord>
  /** Folders of deleted topics whose files may still be there. */
  readonly deleting: Set<string>
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  private constructor(
    fileSystem: FileSystem,
    file: string,
    topics: readonly TopicRecord[],
    deleting: readonly string[],
  ) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.topics = new Map(topics.map((topic) => [topic.name, topic]))
    this.deleting = new Set(deleting)
  }

  /** Reads the catalog of a data directory. Throws when there is one that cannot be understood. */
  static async open(fileSystem: FileSystem, directory: string): Promise<TopicCatalog> {
    const file = path.join(directory, fileName)
    const content = await fileSystem.readWhole(file)
    if (content === null) return new TopicCatalog(fileSystem, file, [], [])
    const broken = (): Error => new Error(`${file} is damaged: it does not say which topics there are`)
    const parsed = parseJson(content.toString('utf8'))
    if (!isObject(parsed) || !Array.isArray(parsed['topics'])) throw broken()
    const topics = parsed['topics'].map((each: unknown) => {
      const topic = parseTopic(each)
      if (topic === null) throw broken()
      return topic
    })
    const deleting = Array.isArray(parsed['deleting'])
      ? parsed['deleting'].filter((each) => typeof each === 'string')
      : []
    return new TopicCatalog(fileSystem, file, topics, deleting)
  }

  /** Settles when the state of now is on the disk. */
  save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = null
        const state = { version: 1, topics: [...this.topics.values()], deleting: [...this.deleting] }
        this.#writing = this.#fileSystem.writeWhole(this.#file, Buffer.from(`${JSON.stringify(state)}\n`))
        return this.#writing
      })
    return this.#next
  }
}

/** The value of a JSON text, or undefined when it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
