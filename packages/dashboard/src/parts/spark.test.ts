import { describe, expect, test } from 'vitest'
import { thinned } from './spark.tsx'

describe('a small line', () => {
  test('keeps every point that it can show', () => {
    const points = [[0, 1] as const, [1, null] as const, [2, 3] as const]
    expect(thinned(points, 3)).toEqual(points)
  })

  test('shows means of neighbours where there are more, and no value where none was measured', () => {
    const points = [0, 1, 2, 3, 4].map((at) => [at, at < 2 ? at * 10 : at === 4 ? 7 : null] as const)
    expect(thinned(points, 3)).toEqual([
      [0, 5],
      [2, null],
      [4, 7],
    ])
  })
})
