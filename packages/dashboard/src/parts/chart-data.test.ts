import { describe, expect, test } from 'vitest'
import { axisText, marksNear, placedWords } from './chart-data.ts'

const room = { left: 0, right: 100, gap: 5 }

describe('the words of marks', () => {
  test('stand right of their lines, left where there is no room', () => {
    expect(placedWords([{ x: 10, width: 20 }], room)).toEqual([15])
    expect(placedWords([{ x: 90, width: 20 }], room)).toEqual([65])
  })

  test('never lie over one another: what has no room is left out, the newest last', () => {
    const marks = [
      { x: 50, width: 30 },
      { x: 52, width: 30 },
      { x: 54, width: 30 },
      { x: 56, width: 30 },
    ]
    const places = placedWords(marks, room)
    expect(places[3]).toBe(61)
    expect(places.filter((place) => place !== null)).toHaveLength(2)
    const drawn = places
      .flatMap((place) => (place === null ? [] : [[place, place + 30] as const]))
      .toSorted(([a], [b]) => a - b)
    expect(drawn[0]?.[1]).toBeLessThan(drawn[1]?.[0] ?? 0)
  })

  test('stay inside the chart', () => {
    expect(placedWords([{ x: 50, width: 120 }], room)).toEqual([null])
  })
})

test('marks near a point are told with it', () => {
  const marks = [
    { atMs: 1_000, text: 'stopped' },
    { atMs: 1_400, text: 'started' },
    { atMs: 9_000, text: 'revision 2' },
  ]
  expect(marksNear(marks, 1_200, 200).map(({ text }) => text)).toEqual(['stopped', 'started'])
})

test.each([
  { step: 0.025, values: [0, 0.025, 0.05, 0.075], words: ['0', '0.025', '0.05', '0.075'] },
  { step: 0.5, values: [1019.5, 1020], words: ['1,019.5', '1,020'] },
  { step: 250, values: [0, 250, 500], words: ['0', '250', '500'] },
  { step: 500, values: [500, 1_500], words: ['500', '1.5k'] },
])('steps of $step on an axis are told exactly', ({ step, values, words }) => {
  expect(values.map((value) => axisText(value, step))).toEqual(words)
})
