import { expect, test } from 'vitest'
import { sparkline } from './sparkline.ts'

test.each([
  { values: [0, 1, 2, 3, 4, 5, 6, 7], curve: '▁▂▃▄▅▆▇█' },
  { values: [null, 3, null, 6], curve: ' ▅ █' },
  { values: [0, 0], curve: '▁▁' },
  { values: [-4, 4], curve: '▁█' },
  { values: [], curve: '' },
])('$values is drawn as "$curve"', ({ values, curve }) => {
  expect(sparkline(values)).toBe(curve)
})
