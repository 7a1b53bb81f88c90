import { describe, expect, test } from 'vitest'
import { checkTopicSetting, isTopicSetting, logSettings, topicSettings } from './topic-config.ts'

test.each([
  ['retention.ms', '-1', true],
  ['retention.ms', '-2', false],
  ['retention.ms', '1e3', false],
  ['retention.bytes', '1073741824', true],
  ['segment.bytes', '10', false],
  ['max.message.bytes', '2147483648', false],
  ['flush.messages', '9223372036854775807', true],
  ['cleanup.policy', 'delete', true],
  ['cleanup.policy', 'compact', false],
  ['cleanup.policy', 'keep', false],
  ['message.timestamp.type', 'LogAppendTime', true],
  ['message.timestamp.type', 'logappendtime', false],
  ['compression.type', 'zstd', false],
  ['min.insync.replicas', '2', true],
  ['no.such.thing', '1', false],
  ['constructor', '1', false],
])('%s = %s is accepted: %s', (name, value, isAccepted) => {
  const problem = checkTopicSetting(name, value)
  expect(problem === null).toBe(isAccepted)
  expect(problem ?? name).toContain(name)
})

test('internal topics may be compacted', () => {
  expect(checkTopicSetting('cleanup.policy', 'compact', true)).toBeNull()
})

describe('every setting', () => {
  test.each(Object.keys(topicSettings).filter(isTopicSetting))(
    '%s accepts its own default and has help',
    (name) => {
      expect(checkTopicSetting(name, topicSettings[name].default)).toBeNull()
      expect(topicSettings[name].help).toMatch(/\.\)?$/)
    },
  )
})

test('a log gets what the topic says, else the defaults', () => {
  expect(logSettings({ 'retention.ms': '5', 'message.timestamp.type': 'LogAppendTime' })).toMatchObject({
    retentionMs: 5,
    retentionBytes: -1,
    segmentBytes: 1 << 30,
    appendTime: true,
    compact: false,
  })
})
