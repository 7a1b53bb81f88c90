import { describe, expect, test } from 'vitest'
import { addTotals, runCheck, totalOfResults } from './run-checks.ts'

const file = (status: string, tests: number) => ({ status, assertionResults: Array(tests).fill({}) })

describe('the total of a test run', () => {
  test.each([
    {
      says: 'counts passed, failed and skipped tests',
      results: { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, testResults: [file('failed', 8)] },
      code: 1,
      total: { passed: 5, failed: 1, skipped: 2 },
    },
    {
      says: 'counts a file that could not be loaded as a failure',
      results: { numPassedTests: 5, numFailedTests: 0, testResults: [file('failed', 0), file('passed', 5)] },
      code: 1,
      total: { passed: 5, failed: 1, skipped: 0 },
    },
    {
      says: 'counts a run that ended badly without a failed test as a failure',
      results: { numPassedTests: 5, numFailedTests: 0, testResults: [file('passed', 5)] },
      code: 1,
      total: { passed: 5, failed: 1, skipped: 0 },
    },
    {
      says: 'counts a run without results as a failure',
      results: undefined,
      code: 0,
      total: { passed: 0, failed: 1, skipped: 0 },
    },
  ])('$says', ({ results, code, total }) => {
    expect(totalOfResults(results, code)).toEqual(total)
  })

  test('adds up', () => {
    const one = { passed: 1, failed: 2, skipped: 3 }
    expect(addTotals([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 })
  })
})

describe('a check', () => {
  const run = async (args: readonly string[]) => {
    const said: string[] = []
    const total = await runCheck({ name: 'versions', command: 'tools/run-checks.ts', args }, (text) =>
      said.push(text),
    )
    return { said, total }
  }

  test('counts as one, and says nothing more when it passes', async () => {
    const { said, total } = await run([])
    expect(total).toEqual({ passed: 1, failed: 0, skipped: 0 })
    expect(said).toEqual([expect.stringMatching(/^✓ versions \(\d+\.\d s\)$/)])
  })

  test('shows what it printed when it fails', async () => {
    const said: string[] = []
    const total = await runCheck({ name: 'nothing', command: 'tools/no-such-check.ts', args: [] }, (text) =>
      said.push(text),
    )
    expect(total).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(said.join('\n')).toContain('no-such-check')
  })
})
