import { expect, test } from 'vitest'
import { hasDigitRun } from './digits.ts'

test('a run of digits is found wherever it stands, and a shorter one is none', () => {
  const length = 5
  for (let run = 0; run <= 7; run += 1) {
    for (let before = 0; before <= 12; before += 1) {
      for (const behind of ['', 'x', 'x1234', '.99999'.slice(0, 5)]) {
        const text = `${'x'.repeat(before)}${'7'.repeat(run)}${behind}`
        expect([text, hasDigitRun(text, length)]).toEqual([text, /\d{5}/.test(text)])
      }
    }
  }
  expect(hasDigitRun('1234x1234x1234x1234', length)).toBe(false)
})
