import { describe, expect, test } from 'vitest'
import { countDue, keptUp } from './schedule.ts'

const schedule = { baseMs: 1_000, intervalMs: 100, skewMs: 0 }

describe('the schedule of a lane', () => {
  test.each([
    { says: 'nothing before its time', next: 5, nowMs: 1_499, most: 10, due: 0 },
    { says: 'a record at its time', next: 5, nowMs: 1_500, most: 10, due: 1 },
    { says: 'all that were missed', next: 0, nowMs: 1_950, most: 100, due: 10 },
    { says: 'no more than a batch may hold', next: 0, nowMs: 9_000, most: 7, due: 7 },
  ])('gives $says', ({ next, nowMs, most, due }) => {
    expect(countDue(schedule, next, nowMs, most)).toBe(due)
  })

  test.each([
    { says: 'stays while it is on time', nowMs: 1_000, fixed: false, baseMs: 1_000, skewMs: 0 },
    { says: 'stays while it can catch up', nowMs: 2_000, fixed: false, baseMs: 1_000, skewMs: 0 },
    {
      says: 'moves so far that only the newest is made up for',
      nowMs: 61_000,
      fixed: false,
      baseMs: 60_000,
      skewMs: 0,
    },
    {
      says: 'moves back when the clock was set back',
      nowMs: -9_000,
      fixed: false,
      baseMs: -9_000,
      skewMs: 0,
    },
    { says: 'keeps its times with a fixed start', nowMs: 61_000, fixed: true, baseMs: 1_000, skewMs: 59_000 },
  ])('$says', ({ nowMs, fixed, baseMs, skewMs }) => {
    expect(keptUp(schedule, 0, nowMs, 1_000, fixed)).toEqual({ baseMs, intervalMs: 100, skewMs })
  })
})
