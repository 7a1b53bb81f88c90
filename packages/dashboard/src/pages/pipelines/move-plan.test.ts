import { expect, test } from 'vitest'
import { isWhole, moveCommand, positionWords } from './move-plan.ts'

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

test.each([
  ['kafka:1:dyE5dMWUQWyX-YjpWaIPxg:459', 'offset 459'],
  ['file:1:12:readings.csv', 'file:1:12:readings.csv'],
])('the position %s is told as %s', (position, words) => {
  expect(positionWords(position)).toBe(words)
})
