/** Bodies nested too deep are poison: whoever walks them later could run out of stack. */
import type { Step } from '../flow/step.ts'
import { limits } from '../kernel/limits.ts'
import { endOnError } from './policy.ts'

/** Whether a parsed body is nested deeper than `most`; goes no deeper than that itself. */
export const isDeeperThan = (value: unknown, most: number): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (most <= 0) return true
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object' && isDeeperThan(item, most - 1)) return true
    }
    return false
  }
  for (const item of Object.values(value)) {
    if (typeof item === 'object' && isDeeperThan(item, most - 1)) return true
  }
  return false
}

/** A step that refuses bodies which are no JSON or nested deeper than `limits.jsonDepthMax`; others pass untouched. */
export const createDepthStep = (id: string): Step => ({
  id,
  kind: 'depth',
  run: (rows, report) => {
    const passed: number[] = []
    for (let row = 0; row < rows.count; row++) {
      try {
        if (isDeeperThan(rows.bodyOf(row), limits.jsonDepthMax)) {
          throw new Error(`the body is nested more than ${limits.jsonDepthMax} deep`)
        }
        passed.push(row)
      } catch (error) {
        endOnError('dead', { id, kind: 'depth' }, row, error, report)
      }
    }
    return passed.length === rows.count ? rows : rows.pick(passed)
  },
})
