/** Settings of a topic that are being changed: what is asked for, and the same as a command. */
import { sizeText } from '../../parts/format.ts'
import { keyHeader, shellWord } from '../messages/question.ts'

/** New values by name; null takes a setting back to what the cluster is set to. */
export type Changes = Readonly<Record<string, string | null>>

/** What most people look for, with what it means; all others are shown too. */
export const explained: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete: old messages go; compact: the newest of each key stays',
  'retention.ms': 'How long messages are kept, in milliseconds; -1: for ever',
  'retention.bytes': 'How much of each partition is kept, in bytes; -1: all',
  'segment.ms': 'After how long a segment is closed, in milliseconds',
  'segment.bytes': 'How large a segment may be, in bytes',
  'max.message.bytes': 'How large a batch may be, in bytes',
  'min.insync.replicas': 'Copies that must have a message before it counts as written',
  'min.compaction.lag.ms': 'How long a message is kept before compaction may take it',
  'delete.retention.ms': 'How long tombstones are kept in a compacted topic',
  'compression.type': 'How batches are stored; producer: as they came',
  'message.timestamp.type': 'CreateTime: as producers say; LogAppendTime: as the broker stores',
}

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** `7 d` for 604800000 of a setting in milliseconds, `1.0 GiB` for one in bytes; null where there is nothing to add. */
export const spokenValue = (name: string, value: string): string | null => {
  const isUnbounded = value === '-1' || value === '9223372036854775807'
  if (name.endsWith('.bytes')) {
    if (isUnbounded) return 'no limit'
    const bytes = Number(value)
    return bytes < 1_024 ? null : `${bytes % 1_024 === 0 ? '' : 'about '}${sizeText(bytes)}`
  }
  if (!name.endsWith('.ms')) return null
  if (isUnbounded) return name === 'retention.ms' ? 'for ever' : 'no limit'
  const ms = Number(value)
  const unit = units.find(([size]) => ms >= size && ms % size === 0)
  return unit === undefined ? null : `${ms / unit[0]} ${unit[1]}`
}

/** How long a topic keeps its messages, in words: `for 7 d`, `the newest of each key`. */
export const keptText = (settings: Readonly<Record<string, string>>): string => {
  const { 'cleanup.policy': policy, 'retention.ms': ms = '-1', 'retention.bytes': bytes = '-1' } = settings
  if (policy === undefined) return ''
  const newest = policy.includes('compact') ? 'the newest of each key' : null
  if (newest !== null && !policy.includes('delete')) return newest
  const time = ms === '-1' ? null : `for ${spokenValue('retention.ms', ms) ?? `${ms} ms`}`
  const size =
    bytes === '-1' ? null : `up to ${spokenValue('retention.bytes', bytes) ?? `${bytes} B`} in each partition`
  const limit = [time, size].filter((text) => text !== null).join(', ') || 'for ever'
  return newest === null ? limit : `${newest}, ${limit}`
}

/** Changes with one more, or one less where the value is what it was. */
export const withChange = (
  changes: Changes,
  name: string,
  value: string | null | undefined,
  before: string | undefined,
): Changes => {
  const { [name]: _old, ...others } = changes
  return value === undefined || value === before ? others : { ...others, [name]: value }
}

export const settingsCurl = (origin: string, topic: string, changes: Changes): string =>
  [
    `curl -X PUT ${shellWord(`${origin}/api/topics/${encodeURIComponent(topic)}/settings`)}`,
    "-H 'content-type: application/json'",
    keyHeader,
    `-d ${shellWord(JSON.stringify({ settings: changes, dry_run: false }))}`,
  ].join(' \\\n  ')
