import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { searchedText } from '../../../sluice/src/api/searched-text.ts'
import {
  fieldsOf,
  fromMatch,
  markText,
  matchedRanges,
  narrowed,
  readsKey,
  termsOf,
  wordRanges,
  wordsOf,
} from './filter-terms.ts'

const filter = 'event.temperature > 40 && meta.key.startsWith("s-1")'

describe('a filter in the query bar', () => {
  test('is drawn whole, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(
          termsOf(text)
            .map((term) => term.text)
            .join(''),
        ).toBe(text)
      }),
      { seed: 51, numRuns: 500 },
    )
  })

  test('has its words told apart', () => {
    const drawn = termsOf(filter).filter((term) => term.kind !== 'space' && term.kind !== 'other')
    expect(drawn.map((term) => `${term.kind} ${term.text}`)).toEqual([
      'name event',
      'name temperature',
      'operator >',
      'number 40',
      'operator &&',
      'name meta',
      'name key',
      'name startsWith',
      'text "s-1"',
    ])
  })

  test.each([
    {
      filter,
      fields: [
        ['event', 'temperature'],
        ['meta', 'key'],
      ],
    },
    {
      filter: 'event["odd name"][0].x == 1 || event.a',
      fields: [
        ['event', 'odd name', 0, 'x'],
        ['event', 'a'],
      ],
    },
    { filter: 'event.a > 1 && event.a < 3', fields: [['event', 'a']] },
    {
      filter: 'size(event.items) > 2 && "event.b" == event.c.lowerAscii()',
      fields: [
        ['event', 'items'],
        ['event', 'c'],
      ],
    },
    { filter: 'has(event.x) && y.event.z', fields: [['event', 'x']] },
    { filter: 'event == 3', fields: [] },
  ])('tells which fields $filter reads', ({ filter: text, fields }) => {
    expect(fieldsOf(text).map((field) => [field.root, ...field.path])).toEqual(fields)
  })

  test('shows in a row where the answer came from, even when the row was cut', () => {
    const text = '{"sensor_id":"s-118","temperature":41.70,"hum'
    const ranges = matchedRanges(text, fieldsOf(filter))
    expect(
      markText(text, ranges)
        .filter((piece) => piece.marked)
        .map((piece) => piece.text),
    ).toEqual(['41.70'])
    expect(
      markText(text, ranges)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
    expect(readsKey(fieldsOf(filter))).toBe(true)
    expect(matchedRanges('plain text', fieldsOf(filter))).toEqual([])
  })

  test('brings into sight what it looked at, where that lies far behind the beginning', () => {
    const text =
      '{"order_id":710152,"customer":{"id":"c-1088","city":"Lyon"},"amount":158.23,"currency":"EUR"}'
    const shown = fromMatch(
      text,
      matchedRanges(text, fieldsOf('event.amount > 100 && event.currency == "EUR"')),
    )
    expect(shown.text).toBe('… "amount":158.23,"currency":"EUR"}')
    expect(
      markText(shown.text, shown.ranges)
        .filter((piece) => piece.marked)
        .map((piece) => piece.text),
    ).toEqual(['158.23', '"EUR"'])
    const near = matchedRanges(text, fieldsOf('event.order_id > 1'))
    expect(fromMatch(text, near)).toEqual({ text, ranges: near })
    expect(fromMatch('plain text', [])).toEqual({ text: 'plain text', ranges: [] })
  })

  test('is narrowed without changing what it means', () => {
    expect(narrowed('', 'event.a == 1')).toBe('event.a == 1')
    expect(narrowed('event.b', 'event.a == 1')).toBe('event.b && event.a == 1')
    expect(narrowed('event.b || event.c', 'event.a == 1')).toBe('(event.b || event.c) && event.a == 1')
  })
})

describe('words in place of an expression', () => {
  test.each([
    'Lisbon',
    ' Lisbon, office ',
    'sensor-004',
    '21.5',
    '"event.ok > 1"',
    "'it is'",
    '""',
    'event.temperature > 15',
    'event.isOpen',
    'true',
    'has(event.error)',
    '-',
    '',
  ])('"%s" is taken as the server takes it', (filter) => {
    expect(wordsOf(filter)).toBe(searchedText(filter))
  })

  test('are found whatever their case, each time', () => {
    expect(wordRanges('{"city":"LISBON","to":"Lisbon"}', 'lisbon')).toEqual([
      [9, 15],
      [23, 29],
    ])
    expect(wordRanges('nothing', 'Lisbon')).toEqual([])
  })

  test('give way to an expression', () => {
    expect(narrowed('Lisbon', 'event.a == 1')).toBe('event.a == 1')
  })
})
