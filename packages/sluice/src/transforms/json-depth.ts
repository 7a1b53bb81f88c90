/** Bodies nested too deep are poison: whoever walks them later could run out of stack. */
import { limits } from '../kernel/limits.ts'

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

/** @throws Error with a sentence where the body is nested deeper than `limits.jsonDepthMax` */
export const checkDepth = (body: unknown): void => {
  if (isDeeperThan(body, limits.jsonDepthMax)) {
    throw new Error(`the body is nested more than ${limits.jsonDepthMax} deep`)
  }
}
