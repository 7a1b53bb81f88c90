import { describe, expect, test } from 'vitest'
import {
  askLetterMs,
  askListMs,
  bulkCommand,
  redriveCommand,
  statusOf,
  typedOf,
  untypedText,
} from './letter.ts'

describe('the command of a dead letter', () => {
  test.each([
    ['as it was', null, './sluice dead redrive 7'],
    ['edited', '{"value":21.5}', `./sluice dead redrive 7 --value '{"value":21.5}'`],
    ['with a quote', "it's", `./sluice dead redrive 7 --value 'it'\\''s'`],
    ['emptied', '', `./sluice dead redrive 7 --value ''`],
    ['too long for a line', 'x'.repeat(2_001), './sluice dead redrive 7 --value-file record.json'],
  ])('goes %s', (_how, edited, command) => {
    expect(redriveCommand('7', edited)).toBe(command)
  })

  test('a whole pipeline is named, and applied', () => {
    expect(bulkCommand('purge', 'readings')).toBe('./sluice dead purge --pipeline readings --apply')
  })
})

test('an address with an unknown status shows all', () => {
  expect(statusOf('redriven')).toBe('redriven')
  expect(statusOf('lost')).toBeUndefined()
})

test.each([
  ['that waits now and then', 'dead', 5_000, 0],
  ['on its way every moment', 'redriving', 500, 5_000],
  ['that was delivered not at all', 'redriven', 0, 0],
] as const)('a letter is asked for again: one %s, a large one less', (_which, status, small, large) => {
  expect(askLetterMs({ status, value: '{}' })).toBe(small)
  expect(askLetterMs({ status, value: null })).toBe(small)
  expect(askLetterMs({ status, value: 'x'.repeat(1_000_001) })).toBe(large)
})

test('a list with one that is on its way is asked for again soon', () => {
  expect(askListMs([])).toBe(5_000)
  expect(askListMs([{ status: 'dead' }])).toBe(5_000)
  expect(askListMs([{ status: 'dead' }, { status: 'redriving' }])).toBe(500)
})

test('a value is typed where it is text, and no larger than a browser takes', () => {
  expect(typedOf({ value: '{}', value_encoding: 'utf8' })).toBe('{}')
  expect(typedOf({ value: 'AAAA', value_encoding: 'base64' })).toBeNull()
  expect(untypedText({ value: 'AAAA' })).toContain('no text')
  const large = 'x'.repeat(1_000_001)
  expect(typedOf({ value: large, value_encoding: 'utf8' })).toBeNull()
  expect(untypedText({ value: large })).toContain('too large')
})
