/** What a pipeline's figures mean, in words. Pure. */
import type { Answer } from '../../client/call.adapter.ts'
import { countText, durationText } from '../../parts/format.ts'

export type PipelineRow = Answer<'pipelines', 'list'>['data'][number]
export type Pipeline = Answer<'pipelines', 'show'>
export type Ledger = PipelineRow['ledger']

/** A lag of so little time is what every batch has. */
const keepsUpWithinSeconds = 10

/** What the lag means; the reason where it is not well; null where nobody can say. */
export const lagWords = ({
  state,
  reason,
  lag,
}: Pick<PipelineRow, 'state' | 'reason' | 'lag'>): string | null => {
  if (reason !== null) return reason
  if (state !== 'running' || lag === null) return null
  if (lag.records === 0 || (lag.seconds !== null && lag.seconds < keepsUpWithinSeconds)) return 'keeping up'
  const age = lag.seconds === null ? '' : `, the oldest for ${durationText(lag.seconds)}`
  return `${countText(lag.records)} records wait${age}`
}

const endings = [
  ['delivered', 'delivered'],
  ['filtered', 'filtered'],
  ['deduplicated', 'deduplicated'],
  ['aggregated', 'aggregated'],
  ['dead_lettered', 'dead'],
  ['late', 'late'],
  ['in_flight', 'in flight'],
] as const

/** `5,084,220 = 4,871,003 delivered + 213,190 filtered + 27 in flight`. */
export const equationOf = (ledger: Ledger): string => {
  const parts = endings.flatMap(([name, word]) =>
    ledger[name] === 0 && name !== 'delivered' ? [] : [`${countText(ledger[name])} ${word}`],
  )
  return `${countText(ledger.in)} = ${parts.join(' + ')}`
}

/**
 * Whether somebody made it stand still: only then positions move. One that failed or came to its end is still wanted
 * running.
 */
export const standsStill = (state: string): boolean => state === 'paused' || state === 'stopped'

/** Those that need somebody come first. */
export const urgencyOf = ({ state, dead_letters: dead, ledger }: PipelineRow): number => {
  if (ledger.gap !== 0) return 0
  if (state === 'failed') return 1
  if (state === 'degraded') return 2
  return dead > 0 ? 3 : 4
}
