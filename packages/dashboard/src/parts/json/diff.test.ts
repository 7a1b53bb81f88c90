import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffJson, prettyLines, withContext } from './diff.ts'

describe('the difference of two documents', () => {
  test('gives back both sides, for any two', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (before, after) => {
        const diff = diffJson(before, after)
        const side = (kind: string) =>
          diff.lines.filter((line) => line.kind !== kind).map((line) => line.text)
        expect(side('added').length).toBe(prettyLines(before).length)
        expect(side('removed')).toEqual(prettyLines(after))
        expect(
          diff.lines
            .filter((line) => line.kind !== 'added')
            .map((line) => prettyLines(before)[(line.before ?? 0) - 1]),
        ).toEqual(side('added'))
      }),
      { seed: 21, numRuns: 300 },
    )
  })

  test('is the shortest there is', () => {
    const diff = diffJson('{"a":1,"b":2,"c":3}', '{"a":1,"b":2.0,"c":3}')
    expect(diff).toMatchObject({ added: 1, removed: 1, shortest: true })
    expect(diff.lines.map((line) => `${line.kind}:${line.text.trim()}`)).toEqual([
      'same:{',
      'same:"a": 1,',
      'removed:"b": 2,',
      'added:"b": 2.0,',
      'same:"c": 3',
      'same:}',
    ])
  })

  test('of equal documents is empty, however they are spaced', () => {
    expect(diffJson('{"a":[1,{}]}', '{ "a": [ 1, {} ] }')).toMatchObject({ added: 0, removed: 0 })
  })

  test('says so when two are too different for the shortest script', () => {
    const many = (from: number) => JSON.stringify(Array.from({ length: 3_000 }, (_, place) => place + from))
    const diff = diffJson(many(0), many(1_000_000))
    expect(diff).toMatchObject({ shortest: false, added: 3_000, removed: 3_000 })
  })

  test('of long documents compares the first lines, and says so', () => {
    const long = (last: number) => JSON.stringify([...Array.from({ length: 20_000 }, () => 0), last])
    expect(diffJson(long(1), long(2))).toMatchObject({ added: 0, removed: 0, whole: false })
    expect(diffJson('[1]', long(2))).toMatchObject({ whole: false })
    expect(diffJson('[1]', '[2]')).toMatchObject({ whole: true })
  })

  test('leaves equal lines far from a change out, and counts them', () => {
    const long = (at: number) =>
      JSON.stringify(Array.from({ length: 50 }, (_, place) => (place === at ? -1 : place)))
    const shown = withContext(diffJson(long(-1), long(25)))
    expect(shown.at(0)).toEqual({ kind: 'left-out', count: 23 })
    expect(shown.at(-1)).toEqual({ kind: 'left-out', count: 22 })
    expect(shown.filter((line) => line.kind !== 'left-out').length).toBe(8)
  })
})
