import { describe, expect, test } from 'vitest'
import { axisText } from './format.ts'

describe('numbers of an axis', () => {
  test.each([
    { values: [0, 0.25, 0.5, 0.75, 1], step: 0.25, read: ['0', '0.25', '0.5', '0.75', '1'] },
    { values: [0, 0.2, 0.4], step: 0.2, read: ['0', '0.2', '0.4'] },
    { values: [1_019.5, 1_020], step: 0.5, read: ['1,019.5', '1,020'] },
    { values: [0, 500, 1_000], step: 500, read: ['0', '500', '1k'] },
    { values: [0, 2.5, 5], step: 2.5, read: ['0', '2.5', '5'] },
  ])('in steps of $step read as $read', ({ values, step, read }) => {
    expect(values.map((value) => axisText(value, step))).toEqual(read)
  })
})
