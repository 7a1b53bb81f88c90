import { expect, test } from 'vitest'
import { isWhole, moveCommand } from './move-plan.ts'

test.each([
  {
    plan: { to: 'earliest', time: '', lane: '' },
    command: './sluice pipelines reset orders --to earliest --apply',
    whole: true,
  },
  {
    plan: { to: 'time', time: '2026-01-31T12:00:00Z', lane: 'orders/0' },
    command: './sluice pipelines rewind orders --to 2026-01-31T12:00:00.000Z --lane orders/0 --apply',
    whole: true,
  },
  {
    plan: { to: 'time', time: '', lane: '' },
    command: './sluice pipelines rewind orders --to TIME --apply',
    whole: false,
  },
] as const)('$command', ({ plan, command, whole }) => {
  expect(moveCommand('orders', plan)).toBe(command)
  expect(isWhole(plan)).toBe(whole)
})
