import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexJson, JsonIndex, kinds, lineAndColumn } from './scan.ts'
import {
  equalsFilter,
  firstFolding,
  foldAll,
  foldedText,
  leafText,
  nodeAt,
  pathOf,
  reveal,
  rowsOf,
  searchTree,
  startSearch,
  turn,
  unfoldAll,
} from './tree.ts'

const order =
  '{"id": 9007199254740993, "data": {"amount": 44.0, "tags": ["a", "b"]}, "odd name": null, "e": {}}'

/** Builds the value again from the index alone. */
const rebuild = (index: JsonIndex, node: number): unknown => {
  const text = index.text.slice(index.start(node), index.end(node))
  if (!index.isContainer(node)) return JSON.parse(text)
  const members: [string, unknown][] = []
  for (let at = node + 1; at < index.next(node); at = index.next(at)) {
    const raw = index.text.slice(index.keyStart(at), index.keyEnd(at))
    members.push([index.keyStart(at) === -1 ? '' : String(JSON.parse(`"${raw}"`)), rebuild(index, at)])
  }
  return index.kind(node) === kinds.array ? members.map(([, value]) => value) : Object.fromEntries(members)
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('a JSON index', () => {
  test('holds exactly what JSON.parse reads, for any document, read in slices of any size', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1, max: 40 }), (text, slice) => {
        const index = new JsonIndex(text)
        while (!index.advance(slice)) expect(index.at).toBeLessThanOrEqual(text.length)
        expect(index.complete).toBe(true)
        expect(JSON.stringify(rebuild(index, 0))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  test('refuses whatever JSON.parse refuses', () => {
    expect.hasAssertions()
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '"', 'x', '01', 'tru'),
        (text, at, put) => {
          const place = at % (text.length + 1)
          const broken = text.slice(0, place) + put + text.slice(place + (put === '' ? 1 : 0))
          // What escapes say is left to JSON.parse: the index only needs where strings end.
          fc.pre(!broken.includes('\\') && !isJson(broken))
          expect(indexJson(broken).complete).toBe(false)
        },
      ),
      { seed: 12, numRuns: 500 },
    )
  })

  test.each([
    { says: 'within a string', text: '{"a": 1, "b": "hel', count: 3 },
    { says: 'within a name', text: '{"a": 1, "b', count: 2 },
    { says: 'behind a colon', text: '{"a": 1, "b":', count: 2 },
    { says: 'within a word', text: '[true, fal', count: 2 },
  ])('takes a preview cut $says as far as it goes', ({ text, count }) => {
    const index = indexJson(text)
    expect(index.complete).toBe(false)
    expect(index.count).toBe(count)
    expect(index.end(0)).toBe(text.length)
    expect(index.problem?.says).toBe('the text ends before the document does')
  })

  test.each([
    { text: '{"a": 1,\n "b" 2}', line: 2, column: 6, says: 'a colon belongs here' },
    { text: '[1 2]', line: 1, column: 4, says: 'a comma or ] belongs here' },
    { text: '{a: 1}', line: 1, column: 2, says: 'a name in double quotes or } belongs here' },
    { text: '{} {}', line: 1, column: 4, says: 'nothing may follow the document' },
    { text: '[1,]', line: 1, column: 4, says: 'a value belongs here' },
  ])('says where $text goes wrong', ({ text, line, column, says }) => {
    const problem = indexJson(text).problem
    expect(problem?.says).toBe(says)
    expect(lineAndColumn(text, problem?.at ?? 0)).toEqual({ line, column })
  })
})

describe('the tree of a message', () => {
  const index = indexJson(order)
  const shown = (rows: Int32Array) =>
    Array.from(rows, (row) => (row < 0 ? `/${pathOf(index, ~row)}` : pathOf(index, row)))

  test('opens small documents whole, and closes what it opens', () => {
    expect(shown(rowsOf(index, firstFolding(index)))).toEqual([
      'event',
      'event.id',
      'event.data',
      'event.data.amount',
      'event.data.tags',
      'event.data.tags[0]',
      'event.data.tags[1]',
      '/event.data.tags',
      '/event.data',
      'event["odd name"]',
      'event.e',
      '/event',
    ])
  })

  test('folds and unfolds, and reveals what is inside', () => {
    const data = nodeAt(index, ['data']) ?? -1
    const folded = turn(unfoldAll, data)
    expect(shown(rowsOf(index, folded))).toEqual([
      'event',
      'event.id',
      'event.data',
      'event["odd name"]',
      'event.e',
      '/event',
    ])
    expect(foldedText(index, data)).toBe('{…} 2 names')
    expect(rowsOf(index, turn(folded, data))).toEqual(rowsOf(index, unfoldAll))
    const tag = nodeAt(index, ['data', 'tags', 1]) ?? -1
    expect(shown(rowsOf(index, reveal(index, foldAll, tag)))).toContain('event.data.tags[1]')
  })

  test('keeps every digit, and writes paths and comparisons as the filter does', () => {
    const id = nodeAt(index, ['id']) ?? -1
    expect(leafText(index, id, 100).text).toBe('9007199254740993')
    expect(equalsFilter(index, id)).toBe('event.id == 9007199254740993')
    expect(equalsFilter(index, nodeAt(index, ['data', 'tags', 0]) ?? -1)).toBe('event.data.tags[0] == "a"')
    expect(equalsFilter(index, 0)).toBeNull()
    expect(nodeAt(index, ['data', 'nothing'])).toBeNull()
  })

  test('finds by name and by value', () => {
    expect(searchTree(index, 'AMOUNT').map((node) => pathOf(index, node))).toEqual(['event.data.amount'])
    expect(searchTree(index, '"b"').map((node) => pathOf(index, node))).toEqual(['event.data.tags[1]'])
  })

  test('looks at some nodes a step, and finds the same', () => {
    const index = indexJson(JSON.stringify(Array.from({ length: 5_000 }, (_, n) => `n${n}`)))
    const search = startSearch(index, '99')
    let steps = 1
    while (!search.step()) steps += 1
    expect(steps).toBeGreaterThan(3)
    expect(search.found).toEqual(searchTree(index, '99'))
    expect(search.found.length).toBe(95)
    expect(startSearch(index, '').step()).toBe(true)
  })

  test('makes no more rows than are asked for, the same as the first of all', () => {
    const index = indexJson('{"a":[1,2,{"b":3}],"c":[]}')
    const all = rowsOf(index, unfoldAll)
    for (let most = 0; most <= all.length + 1; most += 1)
      expect(rowsOf(index, unfoldAll, most)).toEqual(all.slice(0, most))
  })
})

test('twenty megabytes are read in slices and open folded', () => {
  const item = JSON.stringify({ id: 1, name: 'a sensor in hall 2', values: [1, 2, 3] })
  const text = `{"items":[${Array.from({ length: 60_000 }, () => item).join(',')}],"blob":"${'x'.repeat(16_000_000)}"}`
  const index = new JsonIndex(text)
  let slices = 0
  while (!index.advance(100_000)) slices += 1
  expect(index.complete).toBe(true)
  expect(slices).toBeGreaterThan(30)
  expect(rowsOf(index, firstFolding(index)).length).toBe(4)
  expect(leafText(index, nodeAt(index, ['blob']) ?? 0, 500).more).toBe(16_000_002 - 500)
})
