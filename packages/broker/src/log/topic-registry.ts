/**
 * The topics of this broker: names, ids, settings, and the open log of every partition.
 */
import type { PartitionLog } from './partition-log.ts'
import type { TopicConfig } from './topic-config.ts'

/** A topic that exists. The same object lives as long as the topic does. */
export interface Topic {
  readonly name: string
  /** Kafka's text form: 22 characters of base64url. */
  readonly id: string
  /** Internal topics are the broker's own: clients can neither create, delete nor write to them. */
  readonly internal: boolean
  /** By partition number. */
  readonly partitions: readonly PartitionLog[]
  /** Settings that differ from the defaults. */
  readonly config: TopicConfig
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly config: TopicConfig
  readonly internal?: boolean
}

/** Answers are from memory; changes are on disk before their promise settles. */
export interface TopicRegistry {
  get(name: string): Topic | undefined
  byId(id: string): Topic | undefined
  /** All topics, by name. */
  all(): Topic[]
  /** Makes a topic. The caller has checked name and config (`checkTopicName`, `checkTopicSetting`); null when the name is taken. */
  create(topic: NewTopic): Promise<Topic | null>
  /** Deletes topic and data; false when there is none. Whoever waits on its logs is answered. */
  delete(name: string): Promise<boolean>
  /** Raises the number of partitions to `total`; false when there is no such topic. */
  addPartitions(name: string, total: number): Promise<boolean>
  /** Replaces the settings that differ from the defaults; false when there is no such topic. */
  configure(name: string, config: TopicConfig): Promise<boolean>
  /** Calls `work` after each topic that was deleted. */
  onDeleted(work: (topic: Topic) => void): void
}

const nameMax = 249

/** What is wrong with a topic name (a sentence), or null. As Kafka's rules (org.apache.kafka.common.internals.Topic). */
export const checkTopicName = (name: string): string | null => {
  if (name === '') return 'Topic name is empty'
  if (name === '.' || name === '..') return `Topic name cannot be '.' or '..'`
  if (name.length > nameMax) return `Topic name is longer than ${nameMax} characters`
  return /^[a-zA-Z0-9._-]+$/.test(name)
    ? null
    : `Topic name '${name.slice(0, nameMax)}' has characters other than ASCII letters, digits, '.', '_' and '-'`
}
