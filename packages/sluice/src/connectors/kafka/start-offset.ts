/** Decides where reading of a partition begins, and what is done about a position that is not there. Pure. */
import type { OffsetQuery, OffsetRange } from 'sluice-kafka-client/parts'
import type { KafkaPosition } from './position.ts'

export type StartOption =
  | 'earliest'
  | 'latest'
  | { readonly time: string | number }
  | { readonly offsets: Readonly<Record<string, number>> }

export type GapPolicy = 'earliest' | 'latest' | 'fail'

/** An offset, or what the broker is to be asked. */
export type StartChoice = bigint | OffsetQuery

/** Where a lane without a position begins. @param timeMs of `start.time`, where that is what is wanted */
export const chooseStart = (start: StartOption, partition: number): StartChoice => {
  if (typeof start === 'string') return start
  if ('time' in start) return typeof start.time === 'number' ? start.time : Date.parse(start.time)
  const offset = start.offsets[String(partition)]
  return offset === undefined ? 'earliest' : BigInt(offset)
}

export type Verdict =
  | { readonly kind: 'read'; readonly offset: bigint; readonly problem: null }
  /** Goes on elsewhere, and says why. */
  | { readonly kind: 'read'; readonly offset: bigint; readonly problem: string }
  | { readonly kind: 'fail' }

const jump = (policy: GapPolicy, offset: bigint, latest: bigint, problem: string): Verdict => {
  if (policy === 'fail') return { kind: 'fail' }
  return { kind: 'read', offset: policy === 'latest' ? latest : offset, problem }
}

/** Whether a wanted position is there; else what the policy makes of it. */
export const judgePosition = (wanted: KafkaPosition, range: OffsetRange, policy: GapPolicy): Verdict => {
  const { earliest, latest } = range
  if (wanted.topicId !== range.topicId && wanted.topicId !== '' && range.topicId !== '') {
    return jump(policy, earliest, latest, 'the topic was made anew')
  }
  if (wanted.offset < earliest) {
    return jump(
      policy,
      earliest,
      latest,
      `${earliest - wanted.offset} records were deleted before they were read`,
    )
  }
  if (wanted.offset > latest) {
    // What stood beyond the end is lost on the broker; reading from the end misses nothing that comes in its place.
    return jump(policy, latest, latest, `the log ends at ${latest}, before offset ${wanted.offset}`)
  }
  return { kind: 'read', offset: wanted.offset, problem: null }
}
