/**
 * The broker's own settings under the names Kafka's tools ask for. They are given at start and cannot be changed while it
 * runs.
 */
import type { ConfigType } from '../log/topic-config.ts'
import type { BrokerSettings } from './define.ts'

export interface BrokerConfig {
  readonly name: string
  readonly type: ConfigType
  readonly value: string
  readonly help: string
}

const msPerMinute = 60_000

/** Every setting that a client may see. */
export const brokerConfigs = (nodeId: number, settings: BrokerSettings): readonly BrokerConfig[] => [
  {
    name: 'auto.create.topics.enable',
    type: 'boolean',
    value: String(settings.autoCreateTopics),
    help: 'Whether asking for a topic makes it.',
  },
  { name: 'broker.id', type: 'int', value: String(nodeId), help: 'The id of this broker.' },
  {
    name: 'default.replication.factor',
    type: 'int',
    value: '1',
    help: 'There is one broker, so one replica of everything.',
  },
  {
    name: 'fetch.max.bytes',
    type: 'int',
    value: String(settings.fetchBytesMax),
    help: 'Most bytes one fetch answers with, whatever the client asks for.',
  },
  {
    name: 'group.initial.rebalance.delay.ms',
    type: 'int',
    value: String(settings.groupInitialRebalanceDelayMs),
    help: 'How long an empty group waits for more members before it begins.',
  },
  {
    name: 'group.max.session.timeout.ms',
    type: 'int',
    value: String(settings.groupMaxSessionTimeoutMs),
    help: 'Longest silence a group member may ask for.',
  },
  {
    name: 'group.min.session.timeout.ms',
    type: 'int',
    value: String(settings.groupMinSessionTimeoutMs),
    help: 'Shortest silence a group member may ask for.',
  },
  {
    name: 'num.partitions',
    type: 'int',
    value: String(settings.defaultPartitions),
    help: 'Partitions of a topic that asks for the default.',
  },
  {
    name: 'offsets.retention.minutes',
    type: 'int',
    value: String(Math.floor(settings.offsetsRetentionMs / msPerMinute)),
    help: 'How long committed offsets of an empty group are kept.',
  },
  {
    name: 'offsets.topic.num.partitions',
    type: 'int',
    value: String(settings.offsetsTopicPartitions),
    help: 'Partitions of the topic that keeps committed offsets.',
  },
]
