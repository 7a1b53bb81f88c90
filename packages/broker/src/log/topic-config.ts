/**
 * Every topic setting the broker knows, as data: default, parser, help. DescribeConfigs, CreateTopics and
 * IncrementalAlterConfigs all read this table.
 *
 * - Values are kept as the text the client sent; `parse` turns them into what the log needs.
 * - A setting that cannot be honoured is refused here, with a sentence, never accepted and ignored: those that are
 *   accepted without effect (one replica) say so in their help.
 */

/** What the log is governed by, parsed. */
export interface LogSettings {
  /** -1: for ever. */
  readonly retentionMs: number
  /** -1: without bound. */
  readonly retentionBytes: number
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly maxMessageBytes: number
  readonly appendTime: boolean
  readonly compact: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
}

export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'list'

interface Setting {
  readonly type: ConfigType
  readonly default: string
  readonly help: string
  /** A sentence that says what is wrong with `value`, or null. */
  readonly check: (value: string) => string | null
}

const integer =
  (min: number, max: number) =>
  (value: string): string | null => {
    if (!/^-?\d{1,19}$/.test(value)) return `'${value}' is not an integer`
    const parsed = BigInt(value)
    if (parsed < BigInt(min)) return `${value} is less than ${min}`
    return parsed > BigInt(max) && parsed !== 9223372036854775807n ? `${value} is more than ${max}` : null
  }

const oneOf =
  (...values: string[]) =>
  (value: string): string | null =>
    values.includes(value) ? null : `'${value}' is none of: ${values.join(', ')}`

const anyLong = integer(0, Number.MAX_SAFE_INTEGER)
const longOrForEver = integer(-1, Number.MAX_SAFE_INTEGER)

export const topicSettings = {
  'cleanup.policy': {
    type: 'list',
    default: 'delete',
    help: 'What happens to old segments: delete. (compact is kept for internal topics.)',
    check: oneOf('delete', 'compact', 'compact,delete', 'delete,compact'),
  },
  'retention.ms': {
    type: 'long',
    default: '604800000',
    help: 'How long records are kept, by their timestamps; -1 keeps them for ever.',
    check: longOrForEver,
  },
  'retention.bytes': {
    type: 'long',
    default: '-1',
    help: 'How many bytes a partition keeps; -1 is without bound.',
    check: longOrForEver,
  },
  'segment.bytes': {
    type: 'int',
    default: '1073741824',
    help: 'Size at which a new segment is begun. Retention drops whole segments.',
    check: integer(1024, 2_147_483_647),
  },
  'segment.ms': {
    type: 'long',
    default: '604800000',
    help: 'Age at which a new segment is begun, however small the old one is.',
    check: integer(1, Number.MAX_SAFE_INTEGER),
  },
  'max.message.bytes': {
    type: 'int',
    default: '1048588',
    help: 'Largest record batch (after compression) that is accepted.',
    check: integer(0, 2_147_483_647),
  },
  'message.timestamp.type': {
    type: 'string',
    default: 'CreateTime',
    help: 'Whose clock stamps records: CreateTime (the producer) or LogAppendTime (the broker).',
    check: oneOf('CreateTime', 'LogAppendTime'),
  },
  'message.timestamp.before.max.ms': {
    type: 'long',
    default: '9223372036854775807',
    help: 'How far a batch may lie in the past.',
    check: anyLong,
  },
  'message.timestamp.after.max.ms': {
    type: 'long',
    default: '3600000',
    help: 'How far a batch may lie in the future.',
    check: anyLong,
  },
  'compression.type': {
    type: 'string',
    default: 'producer',
    help: 'Batches are stored as the producer compressed them.',
    check: oneOf('producer'),
  },
  'min.insync.replicas': {
    type: 'int',
    default: '1',
    help: 'Accepted for compatibility: there is one replica, and it is in sync.',
    check: integer(1, 32_767),
  },
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: 'false',
    help: 'Accepted for compatibility: there is one replica.',
    check: oneOf('true', 'false'),
  },
  'delete.retention.ms': {
    type: 'long',
    default: '86400000',
    help: 'How long tombstones stay in a compacted topic.',
    check: anyLong,
  },
  'file.delete.delay.ms': {
    type: 'long',
    default: '60000',
    help: 'Accepted for compatibility: files of dropped segments are removed at once.',
    check: anyLong,
  },
  'flush.messages': {
    type: 'long',
    default: '9223372036854775807',
    help: 'Accepted for compatibility: flushing follows the durability mode of the broker.',
    check: anyLong,
  },
  'flush.ms': {
    type: 'long',
    default: '9223372036854775807',
    help: 'Accepted for compatibility: flushing follows the durability mode of the broker.',
    check: anyLong,
  },
  'index.interval.bytes': {
    type: 'int',
    default: '4096',
    help: 'Accepted for compatibility: the index lives in memory, one entry about every 4 KiB of log or more.',
    check: integer(0, 2_147_483_647),
  },
  'segment.index.bytes': {
    type: 'int',
    default: '10485760',
    help: 'Accepted for compatibility: the index lives in memory.',
    check: integer(4, 2_147_483_647),
  },
  'segment.jitter.ms': {
    type: 'long',
    default: '0',
    help: 'Accepted for compatibility: segments are rolled without jitter.',
    check: anyLong,
  },
  preallocate: {
    type: 'boolean',
    default: 'false',
    help: 'Accepted for compatibility: segments grow as they are written.',
    check: oneOf('true', 'false'),
  },
  'min.cleanable.dirty.ratio': {
    type: 'string',
    default: '0.5',
    help: 'Used by compaction, which internal topics have.',
    check: (value) => (/^(0(\.\d+)?|1(\.0+)?)$/.test(value) ? null : `'${value}' is not between 0 and 1`),
  },
  'min.compaction.lag.ms': {
    type: 'long',
    default: '0',
    help: 'Used by compaction, which internal topics have.',
    check: anyLong,
  },
  'max.compaction.lag.ms': {
    type: 'long',
    default: '9223372036854775807',
    help: 'Used by compaction, which internal topics have.',
    check: integer(1, Number.MAX_SAFE_INTEGER),
  },
} as const satisfies Record<string, Setting>

export type TopicSettingName = keyof typeof topicSettings

export const isTopicSetting = (name: string): name is TopicSettingName => Object.hasOwn(topicSettings, name)

/** Settings of a topic that differ from the defaults, as text. */
export type TopicConfig = Readonly<Record<string, string>>

/**
 * What is wrong with one setting of a topic: a sentence, or null. User topics may only be deleted from, not
 * compacted, as long as the broker cannot compact.
 */
export const checkTopicSetting = (name: string, value: string, internal = false): string | null => {
  if (!isTopicSetting(name)) return `Unknown topic config name: ${name}`
  const problem = topicSettings[name].check(value)
  if (problem !== null) return `Invalid value for ${name}: ${problem}`
  if (name === 'cleanup.policy' && value !== 'delete' && !internal) {
    return `Invalid value for ${name}: this broker can only delete; compaction is not supported yet`
  }
  return null
}

/** The value in force: the topic's own, else the default. */
export const topicSetting = (config: TopicConfig, name: TopicSettingName): string =>
  (Object.hasOwn(config, name) ? config[name] : undefined) ?? topicSettings[name].default

/** The log's settings out of a topic's config, which must have been checked. */
export const logSettings = (config: TopicConfig): LogSettings => {
  const number = (name: TopicSettingName): number => Number(topicSetting(config, name))
  return {
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    maxMessageBytes: number('max.message.bytes'),
    appendTime: topicSetting(config, 'message.timestamp.type') === 'LogAppendTime',
    compact: topicSetting(config, 'cleanup.policy').includes('compact'),
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
  }
}
