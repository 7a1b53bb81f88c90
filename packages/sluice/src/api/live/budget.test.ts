import { expect, test } from 'vitest'
import { Budget } from './budget.ts'

test('gives what it has at once, then as much as a second earns', () => {
  const budget = new Budget(10, 3, 0)
  for (let i = 0; i < 3; i++) {
    expect(budget.hasAny(0)).toBe(true)
    budget.spend(1)
  }
  expect(budget.hasAny(0)).toBe(false)
  expect(budget.hasAny(100)).toBe(true)
})

test('lets through one thing that is larger than all of it, and waits until that is paid', () => {
  const budget = new Budget(100, 50, 0)
  budget.spend(250)
  expect(budget.hasAny(1_900)).toBe(false)
  expect(budget.hasAny(2_100)).toBe(true)
})

test('never saves up more than it begins with, and a clock that goes back earns nothing', () => {
  const budget = new Budget(100, 50, 1_000)
  budget.hasAny(1_000_000)
  budget.spend(50)
  expect(budget.hasAny(1_000_000)).toBe(false)
  expect(budget.hasAny(5)).toBe(false)
})
