/**
 * When the records of a lane are due, and what their times are. Pure.
 *
 * Without a fixed start, a record's time is the moment at which it is due. A lane that fell behind makes up for
 * a bounded time only: its base moves, and positions carry the base, so that what is made again has the same times.
 */

export interface LaneSchedule {
  /** Time of record 0. */
  readonly baseMs: number
  readonly intervalMs: number
  /** What to add to a record's time to get when it is due; 0 without a fixed start. */
  readonly skewMs: number
}

export const timeOf = (schedule: LaneSchedule, number: number): number =>
  Math.round(schedule.baseMs + number * schedule.intervalMs)

export const dueOf = (schedule: LaneSchedule, number: number): number =>
  timeOf(schedule, number) + schedule.skewMs

/** How many records from `next` on are due now, at most `most`. */
export const countDue = (schedule: LaneSchedule, next: number, nowMs: number, most: number): number => {
  const late = nowMs - dueOf(schedule, next)
  return late < 0 ? 0 : Math.min(most, Math.floor(late / schedule.intervalMs) + 1)
}

/**
 * The schedule, moved where the next record is due longer ago than `catchUpMs`, or too far ahead (the clock was set
 * back, the rate was changed). With a fixed start the times stay and only the pace moves.
 */
export const keptUp = (
  schedule: LaneSchedule,
  next: number,
  nowMs: number,
  catchUpMs: number,
  startIsFixed: boolean,
): LaneSchedule => {
  const lateMs = nowMs - dueOf(schedule, next)
  const aheadMost = schedule.intervalMs + catchUpMs
  const moveMs = lateMs > catchUpMs ? lateMs - catchUpMs : lateMs < -aheadMost ? lateMs : 0
  if (moveMs === 0) return schedule
  return startIsFixed
    ? { ...schedule, skewMs: schedule.skewMs + moveMs }
    : { ...schedule, baseMs: schedule.baseMs + moveMs }
}
