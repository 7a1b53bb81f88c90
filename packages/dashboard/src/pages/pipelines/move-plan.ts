/** Where a pipeline is to read on, as the form has it: what is sent, what a terminal would say. Pure. */

export const moveTargets = ['earliest', 'latest', 'time'] as const
export type MoveTarget = (typeof moveTargets)[number]

export const moveWords: Readonly<Record<MoveTarget, string>> = {
  earliest: 'the oldest record that is kept',
  latest: 'the newest: leave out what waits',
  time: 'the first record at or after a time',
}

export interface MovePlan {
  readonly to: MoveTarget
  /** Local time as the form writes it: `2026-01-31T12:00`. */
  readonly time: string
  /** Only this lane; empty for all. */
  readonly lane: string
}

/** The time in UTC; null while it is none. */
export const momentOf = (plan: MovePlan): string | null => {
  const ms = Date.parse(plan.time)
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}

/** Whether there is enough to ask what it would do. */
export const isWhole = (plan: MovePlan): boolean => plan.to !== 'time' || momentOf(plan) !== null

/** A position as people name it: `offset 459` of a Kafka partition; others as they are. */
export const positionWords = (position: string): string =>
  position.replace(/^kafka:\d+:[\w-]*:(\d+)$/, 'offset $1')

const quoted = (text: string): string =>
  /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

export const moveCommand = (name: string, plan: MovePlan): string =>
  [
    plan.to === 'time'
      ? `./sluice pipelines rewind ${quoted(name)} --to ${momentOf(plan) ?? 'TIME'}`
      : `./sluice pipelines reset ${quoted(name)} --to ${plan.to}`,
    ...(plan.lane === '' ? [] : [`--lane ${quoted(plan.lane)}`]),
    '--apply',
  ].join(' ')
