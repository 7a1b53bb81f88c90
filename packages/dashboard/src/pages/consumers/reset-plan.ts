/** Moving where a group reads on: what is asked, what is wrong with it, and the same as a command. */
import { shellWord } from '../messages/question.ts'

export const targets = ['earliest', 'latest', 'time', 'offset'] as const
export type Target = (typeof targets)[number]

export const targetWords: Readonly<Record<Target, string>> = {
  earliest: 'The oldest message',
  latest: 'The end: leave out what waits',
  time: 'A point in time',
  offset: 'An offset',
}

export interface Plan {
  readonly topic: string
  readonly to: Target
  /** As a `datetime-local` field has it. */
  readonly time: string
  readonly offset: string
}

/** The body of the call, or why there is none yet. */
export const bodyOf = (plan: Plan, dryRun: boolean) => {
  const rest = { topic: plan.topic, dry_run: dryRun }
  if (plan.to === 'time') {
    const at = Date.parse(plan.time)
    return Number.isNaN(at) ? null : { ...rest, to: plan.to, time: new Date(at).toISOString() }
  }
  if (plan.to === 'offset')
    return /^\d{1,19}$/.test(plan.offset) ? { ...rest, to: plan.to, offset: plan.offset } : null
  return { ...rest, to: plan.to }
}

export const resetCommand = (group: string, plan: Plan): string => {
  const body = bodyOf(plan, false)
  const where = body !== null && 'time' in body ? body.time : plan.to === 'offset' ? plan.offset : plan.to
  return `./sluice groups reset ${shellWord(group)} --topic ${shellWord(plan.topic)} --to ${shellWord(String(where))} --apply`
}

export interface Move {
  readonly partition: number
  readonly before: string | null
  readonly after: string
  readonly records: number | null
}

/** What all moves mean together: `reads 1,200 messages again and leaves out 3`. */
export const movesText = (moves: readonly Move[]): string => {
  const again = moves.reduce((sum, { records }) => sum + Math.max(0, -(records ?? 0)), 0)
  const left = moves.reduce((sum, { records }) => sum + Math.max(0, records ?? 0), 0)
  const unknown = moves.filter(({ records }) => records === null).length
  const parts = [
    ...(again > 0 ? [`reads ${again.toLocaleString('en')} messages again`] : []),
    ...(left > 0 ? [`leaves out ${left.toLocaleString('en')}`] : []),
    ...(unknown > 0 ? [`begins in ${unknown} partitions where it had no position`] : []),
  ]
  return parts.length === 0 ? 'It stays where it is.' : `It ${parts.join(', ')}.`
}
