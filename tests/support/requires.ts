/** Tests that need a real part: skipped where it is missing, failed where it is required. */
import { describe, expect, test } from 'vitest'
import { findRealPart, isRequired, type RealPart } from '../../tools/real-parts.ts'

/** Takes the place of tests that cannot run. */
const complain = (missing: readonly RealPart[]) => (): void => {
  test('has the real parts that it needs', () => {
    expect(missing, 'missing, although REAL_PARTS=required').toEqual([])
  })
}

/**
 * `describe`, for tests that need `parts`. Without them the tests are skipped (the runner says what is missing);
 * with `REAL_PARTS=required` one failing test tells so instead.
 */
export const describeWith = (parts: readonly RealPart[], name: string, body: () => void): void => {
  const missing = parts.filter((part) => findRealPart(part) === undefined)
  const lacking = missing.length > 0
  describe.skipIf(lacking && !isRequired())(name, lacking ? complain(missing) : body)
}
