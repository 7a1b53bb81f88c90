import { describe, expect, test } from 'vitest'
import { keptText, settingsCurl, spokenValue, withChange } from './settings-edit.ts'

describe('settings that are being changed', () => {
  test.each([
    { name: 'retention.ms', value: '604800000', spoken: '7 d' },
    { name: 'retention.ms', value: '-1', spoken: 'for ever' },
    { name: 'segment.ms', value: '5400000', spoken: '90 min' },
    { name: 'segment.ms', value: '1500', spoken: null },
    { name: 'message.timestamp.before.max.ms', value: '9223372036854775807', spoken: 'no limit' },
    { name: 'segment.bytes', value: '1073741824', spoken: '1.0 GiB' },
    { name: 'max.message.bytes', value: '1048588', spoken: 'about 1.0 MiB' },
    { name: 'retention.bytes', value: '-1', spoken: 'no limit' },
    { name: 'min.insync.replicas', value: '2', spoken: null },
  ])('$name $value reads as $spoken', ({ name, value, spoken }) => {
    expect(spokenValue(name, value)).toBe(spoken)
  })

  test.each([
    { settings: { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }, kept: 'for 7 d' },
    {
      settings: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
      kept: 'for ever',
    },
    {
      settings: { 'cleanup.policy': 'delete', 'retention.ms': '3600000', 'retention.bytes': '1073741824' },
      kept: 'for 1 h, up to 1.0 GiB in each partition',
    },
    { settings: { 'cleanup.policy': 'compact', 'retention.ms': '1' }, kept: 'the newest of each key' },
    {
      settings: { 'cleanup.policy': 'compact,delete', 'retention.ms': '60000' },
      kept: 'the newest of each key, for 1 min',
    },
    { settings: {}, kept: '' },
  ])('keep messages $kept', ({ settings, kept }) => {
    expect(keptText(settings)).toBe(kept)
  })

  test('are forgotten when they become what they were', () => {
    const once = withChange({}, 'retention.ms', '1', '2')
    expect(once).toEqual({ 'retention.ms': '1' })
    expect(withChange(once, 'retention.ms', '2', '2')).toEqual({})
    expect(withChange(once, 'a', null, '2')).toEqual({ 'retention.ms': '1', a: null })
  })

  test('are the same as curl', () => {
    expect(settingsCurl('http://h', 'orders', { a: null })).toContain(
      `-d '{"settings":{"a":null},"dry_run":false}'`,
    )
  })
})
