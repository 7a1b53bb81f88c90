import { describe, expect, test } from 'vitest'
import { bulkCommand, redriveCommand, statusOf } from './letter.ts'

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
