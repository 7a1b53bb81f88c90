import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const policy = { firstMs: 100, mostMs: 3_000 }

test.each([
  { says: 'the least is a quarter of the step', attempt: 1, chance: 0, ms: 25 },
  { says: 'the most is the step', attempt: 1, chance: 1, ms: 100 },
  { says: 'steps double', attempt: 3, chance: 1, ms: 400 },
  { says: 'and end', attempt: 20, chance: 1, ms: 3_000 },
  { says: 'however many there were', attempt: 5_000, chance: 1, ms: 3_000 },
])('of waiting times, $says', ({ attempt, chance, ms }) => {
  expect(backoffMs(policy, attempt, () => chance)).toBe(ms)
})
