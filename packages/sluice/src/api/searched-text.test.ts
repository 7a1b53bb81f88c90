import { expect, test } from 'vitest'
import { searchedText } from './searched-text.ts'

test.each([
  { filter: 'Lisbon', text: 'Lisbon' },
  { filter: '  Lisbon, office ', text: 'Lisbon, office' },
  { filter: 'sensor-004', text: 'sensor-004' },
  { filter: '2026-01-31T12:00:00Z', text: '2026-01-31T12:00:00Z' },
  { filter: '21.5', text: '21.5' },
  { filter: 'a@example.com', text: 'a@example.com' },
  { filter: '"event.ok > 1"', text: 'event.ok > 1' },
  { filter: "'it is'", text: 'it is' },
])('$filter looks for a text', ({ filter, text }) => {
  expect(searchedText(filter)).toBe(text)
})

test.each([
  'event.temperature > 15',
  'event.isOpen',
  'meta.key.startsWith("eu-")',
  'evnt.temperature > 15',
  'true',
  '"a" == "a"',
  '""',
  'has(event.error)',
  '-',
])('%s is an expression', (filter) => {
  expect(searchedText(filter)).toBeNull()
})
