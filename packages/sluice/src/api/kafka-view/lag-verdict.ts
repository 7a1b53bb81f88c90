/**
 * The verdict about a group's lag: a pure function of how the group did over the last minutes.
 *
 * The number of records that wait says little: what counts is whether the group gets anywhere, whether it reads faster
 * than is written, and whether it reaches what waits before retention deletes it.
 */
import type { lagVerdicts } from '../../contract/groups.ts'
import { durationWords, roughDurationWords } from '../../kernel/duration.ts'
import { counted } from '../../kernel/plural.ts'
import type { LagHistory, LagSample, PartitionWatch } from './lag-history.ts'

export type LagVerdict = (typeof lagVerdicts)[number]

export interface Judged {
  readonly verdict: LagVerdict
  /** A sentence without a full stop. */
  readonly text: string
  /** When records that were not read are deleted, if all goes on like this; null: not to be expected, or unknown. */
  readonly retentionInSeconds: number | null
  /** When nothing waits any more, if all goes on like this; null: never, or unknown. */
  readonly drainInSeconds: number | null
}

/** Records wait and nothing is committed for so long: longer than consumers usually take between commits. */
export const stalledAfterMs = 60_000
/** A trend needs so much time. */
export const trendLeastMs = 10_000
/** A trend is that of the last minutes: older ones say how it was. */
export const trendMostMs = 2 * 60_000
/** Lag of less than this is what any consumer has between two reads. */
export const harmlessSeconds = 10
/** Rates closer than this are the same. */
const sameRateShare = 0.05

interface Trend {
  readonly readPerSecond: number
  readonly writtenPerSecond: number
  /** How much closer retention comes in a second; null where unknown. */
  readonly marginPerSecond: number | null
}

const trendOf = (samples: readonly LagSample[], now: LagSample): Trend | null => {
  const then = samples.find(({ atMs }) => atMs >= now.atMs - trendMostMs)
  const spanMs = now.atMs - (then?.atMs ?? now.atMs)
  if (then === undefined || spanMs < trendLeastMs) return null
  const seconds = spanMs / 1_000
  const readPerSecond = (now.read - then.read) / seconds
  const writtenPerSecond = (now.written - then.written) / seconds
  const seen =
    then.marginSeconds === null || now.marginSeconds === null
      ? null
      : (then.marginSeconds - now.marginSeconds) / seconds
  const counted = writtenPerSecond > 0 ? 1 - readPerSecond / writtenPerSecond : null
  return { readPerSecond, writtenPerSecond, marginPerSecond: seen ?? counted }
}

const rateWords = (perSecond: number): string =>
  perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${Math.round(perSecond).toLocaleString('en-US')}/s`

const waiting = ({ records, seconds }: LagSample): string =>
  seconds === null
    ? `${counted(records, 'record')} behind`
    : `${counted(records, 'record')}, ${durationWords(seconds * 1_000)} behind`

const retentionWords = (inSeconds: number | null): string => {
  if (inSeconds === null) return ''
  return inSeconds <= 0
    ? '; records are deleted before it reads them'
    : `; ${roughDurationWords(inSeconds * 1_000)} to retention`
}

/** When what waits is deleted, as retention comes closer by `perSecond`. */
const breachIn = ({ marginSeconds }: LagSample, perSecond: number | null): number | null => {
  if (marginSeconds === null) return null
  if (marginSeconds <= 0) return 0
  return perSecond === null || perSecond <= 0.001 ? null : marginSeconds / perSecond
}

const judged = (
  verdict: LagVerdict,
  text: string,
  retentionInSeconds: number | null = null,
  drainInSeconds: number | null = null,
): Judged => ({ verdict, text, retentionInSeconds, drainInSeconds })

const withoutMembers = (samples: readonly LagSample[], now: LagSample): Judged => {
  if (now.records === 0) return judged('idle', 'nobody reads, and nothing waits')
  const breach = breachIn(now, 1)
  const left = samples.findLast(({ members }) => members > 0)
  const wait = counted(now.records, 'record')
  if (left === undefined) {
    const text = `nobody reads; ${wait} ${now.records === 1 ? 'waits' : 'wait'}${retentionWords(breach)}`
    return judged('idle', text, breach)
  }
  const since = durationWords(Math.max(1_000, now.atMs - left.atMs))
  return judged(
    'stalled',
    `stalled: the last member left ${since} ago; ${waiting(now)}${retentionWords(breach)}`,
    breach,
  )
}

const stuckLongest = (history: LagHistory, nowMs: number): PartitionWatch | null => {
  const stuck = [...history.partitions.values()].filter(
    ({ waitingSinceMs }) => waitingSinceMs !== null && nowMs - waitingSinceMs >= stalledAfterMs,
  )
  const [first] = stuck.toSorted((a, b) => (a.waitingSinceMs ?? 0) - (b.waitingSinceMs ?? 0))
  return first ?? null
}

const stalled = (history: LagHistory, now: LagSample, stuck: PartitionWatch): Judged => {
  const breach = breachIn(now, 1)
  const forMs = now.atMs - (stuck.waitingSinceMs ?? now.atMs)
  const waitingPartitions = [...history.partitions.values()].filter((each) => each.waitingSinceMs !== null)
  const isAlone = waitingPartitions.length > 1
  const where = isAlone ? `${stuck.topic}/${stuck.partition} has` : 'it has'
  const text = `stalled: ${where} committed nothing for ${durationWords(forMs)}; ${waiting(now)}`
  return judged('stalled', `${text}${retentionWords(breach)}`, breach)
}

const byTrend = (now: LagSample, trend: Trend): Judged => {
  const { readPerSecond, writtenPerSecond, marginPerSecond } = trend
  const breach = breachIn(now, marginPerSecond)
  const gain = readPerSecond - writtenPerSecond
  const isSame = Math.abs(gain) <= sameRateShare * Math.max(readPerSecond, writtenPerSecond)
  const workSeconds = readPerSecond > 0 ? now.records / readPerSecond : Number.POSITIVE_INFINITY
  if (workSeconds <= harmlessSeconds) return judged('keeping_up', `keeping up: ${waiting(now)}`)
  if (gain > 0 && !isSame) {
    const drain = now.records / gain
    const soon = roughDurationWords(drain * 1_000)
    if (breach !== null && breach < drain) {
      const text = `falling behind: reads too slowly to reach all that waits, ${waiting(now)}${retentionWords(breach)}`
      return judged('falling_behind', text, breach, drain)
    }
    return judged('keeping_up', `catching up: nothing waits in about ${soon}; ${waiting(now)}`, null, drain)
  }
  if (isSame) {
    return judged('keeping_up', `keeping its distance: ${waiting(now)}${retentionWords(breach)}`, breach)
  }
  const text = `falling behind by ${rateWords(-gain)}: ${waiting(now)}${retentionWords(breach)}`
  return judged('falling_behind', text, breach)
}

/** Judges a group by its history; null: it has committed nothing. Never looks at a clock: the last sample is now. */
export const lagVerdict = (history: LagHistory | null): Judged => {
  const now = history?.samples.at(-1)
  if (history === null || now === undefined || history.partitions.size === 0) {
    return now?.members === 0
      ? judged('idle', 'nobody reads')
      : judged('unknown', 'it has committed nothing yet')
  }
  if (now.members === 0) return withoutMembers(history.samples, now)
  if (now.records === 0) return judged('keeping_up', 'keeping up: nothing waits')
  const stuck = stuckLongest(history, now.atMs)
  if (stuck !== null) return stalled(history, now, stuck)
  if (now.seconds !== null && now.seconds <= harmlessSeconds) {
    return judged('keeping_up', `keeping up: ${waiting(now)}`)
  }
  const trend = trendOf(history.samples, now)
  return trend === null
    ? judged('unknown', `watched for too short a time; ${waiting(now)}`)
    : byTrend(now, trend)
}
