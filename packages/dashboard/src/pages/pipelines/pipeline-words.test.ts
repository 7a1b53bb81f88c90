import { expect, test } from 'vitest'
import { standsStill } from './pipeline-words.ts'

test.each([
  ['paused', true],
  ['stopped', true],
  ['failed', false],
  ['ended', false],
  ['running', false],
  ['degraded', false],
])('of a pipeline that is %s, positions may be moved: %s', (state, may) => {
  expect(standsStill(state)).toBe(may)
})
