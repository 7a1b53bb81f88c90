import { describe, expect, test } from 'vitest'
import { dayCurve, mix, wander } from './noise.ts'

describe('chance with random access', () => {
  test('is spread evenly over neighbouring numbers, also beyond 32 bits', () => {
    const cells = Array.from({ length: 16 }, () => 0)
    for (let n = 0; n < 16_000; n++) {
      const cell = mix(1, n) >>> 28
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    for (const count of cells) expect(Math.abs(count - 1_000)).toBeLessThan(150)
    expect(mix(1, 5)).not.toBe(mix(1, 5 + 2 ** 32))
  })

  test('wanders without jumps and stays within -1 and 1', () => {
    let before = wander(7, 0)
    for (let x = 0.001; x < 50; x += 0.001) {
      const value = wander(7, x)
      expect(Math.abs(value)).toBeLessThanOrEqual(1)
      expect(Math.abs(value - before)).toBeLessThan(0.02)
      before = value
    }
  })

  test('the day is coldest at four and warmest at sixteen', () => {
    expect(dayCurve(Date.UTC(2026, 0, 1, 4))).toBeCloseTo(-1)
    expect(dayCurve(Date.UTC(2026, 0, 1, 16))).toBeCloseTo(1)
  })
})
