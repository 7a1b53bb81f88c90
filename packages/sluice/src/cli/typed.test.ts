import { describe, expect, test } from 'vitest'
import { typedAs, withTyped } from './typed.ts'

describe('a command that is told to type', () => {
  test.each([
    ['as it stands', {}, ['top'], 'sluice dead'],
    ['by the program that was started', { SLUICE_PROGRAM: './sluice' }, ['top'], './sluice dead'],
    [
      'with the server that was named',
      {},
      ['top', '--http', ':8081', '--dir=my data'],
      "sluice dead --http :8081 --dir 'my data'",
    ],
    ['without what came by the environment', { SLUICE_HTTP: ':8081' }, ['top'], 'sluice dead'],
    ['without what is no option', {}, ['produce', 'orders', '--', '--http', 'x'], 'sluice dead'],
  ])('is told %s', (_how, environment, words, line) => {
    expect(typedAs(environment, words)('sluice dead')).toBe(line)
  })

  test('is no other program', () => {
    const typed = typedAs({ SLUICE_PROGRAM: './sluice' }, ['top', '--http', ':1'])
    expect(typed('npm start')).toBe('npm start')
    expect(withTyped('Run `sluice up`, or `npm start`; sluices are gates.', typed)).toBe(
      'Run `./sluice up --http :1`, or `npm start`; sluices are gates.',
    )
  })
})
