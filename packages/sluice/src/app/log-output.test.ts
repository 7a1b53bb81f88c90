import { describe, expect, test } from 'vitest'
import type { LogLine } from '../kernel/logger.ts'
import { explanationOf, lineForMachines, parseLine } from './log-output.ts'

const line = (change: Partial<LogLine>): LogLine => ({
  atMs: Date.UTC(2026, 0, 31),
  level: 'error',
  component: 'pipeline orders',
  message: 'it broke',
  fields: { problem: 'a "quoted" word', count: 3 },
  ...change,
})

test('a line for machines is read back as it was', () => {
  expect(parseLine(lineForMachines(line({})))).toEqual(line({}))
})

describe('why a process did not start', () => {
  test.each([
    [
      'an error, without its JSON',
      lineForMachines(line({})),
      'pipeline orders: it broke problem="a \\"quoted\\" word" count=3',
    ],
    ['a warning', lineForMachines(line({ level: 'warn', fields: {} })), 'pipeline orders: it broke'],
    ['not what went well', lineForMachines(line({ level: 'info' })), null],
    ['what is no line of ours', '  error The port is taken.', 'error The port is taken.'],
  ])('is told by %s', (_, printed, told) => {
    expect(explanationOf(printed)).toBe(told)
  })
})
