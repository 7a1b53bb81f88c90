/** A partition while it is fetched: where it stands, what was read ahead of it, and whose log that was. Decides only. */
import { backoffMs } from '../support/backoff.ts'
import type { Random } from '../support/random.ts'
import type { RecordSet } from './record-sets.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A place in the log of some leader. */
export interface LogPosition {
  readonly offset: bigint
  /** Of the record before it; -1 where it is not known. */
  readonly leaderEpoch: number
}

export interface FetchedSet extends RecordSet, TopicPartition {
  /** The topic's id when it was fetched. */
  readonly topicId: string
  /** Leader epoch of the record before `from`; -1 where it is not known. */
  readonly fromEpoch: number
  /** Offset of the next fetch. */
  readonly next: bigint
  /** Leader epoch of the last record. */
  readonly leaderEpoch: number
}

export interface PartitionProgress {
  /** Offset of the next fetch. */
  readonly offset: bigint
  /** Offset after the last record that may be read; null before the first answer. */
  readonly end: bigint | null
  /** When `end` was told. */
  readonly endSeenMs: number
  readonly queuedSets: number
}

export interface Reading extends TopicPartition {
  offset: bigint
  /** Leader epoch of the record before `offset`; -1 where it is not known. */
  readEpoch: number
  /** Under this leader epoch what was read is known to be in the log. */
  checkedEpoch: number
  /** A follower that is read instead of the leader (KIP-392), and until when; -1: none. */
  follower: number
  followerUntilMs: number
  /** One failed: until then nobody but the leader is read. */
  leaderOnlyUntilMs: number
  isPaused: boolean
  isHalted: boolean
  isAsked: boolean
  failures: number
  notBeforeMs: number
  end: bigint | null
  endSeenMs: number
  queuedBytes: number
  /** Raised when answers under way must be dropped. */
  turn: number
  queue: FetchedSet[]
}

/** Then the leader is asked again who is near. */
const followMs = 300_000
/** Until then a leader has noticed that a follower is gone, and names it no more. */
const leaderOnlyMs = 30_000
const backoff = { firstMs: 50, mostMs: 3_000 }

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export const newReading = (at: TopicPartition, from: LogPosition, isPaused: boolean): Reading => ({
  topic: at.topic,
  partition: at.partition,
  offset: from.offset,
  readEpoch: from.leaderEpoch,
  checkedEpoch: -1,
  follower: -1,
  followerUntilMs: 0,
  leaderOnlyUntilMs: 0,
  isPaused,
  isHalted: false,
  isAsked: false,
  failures: 0,
  notBeforeMs: 0,
  end: null,
  endSeenMs: 0,
  queuedBytes: 0,
  turn: 0,
  queue: [],
})

/** Nothing is asked of it until a pause is over, which grows with each failure in a row. */
export const holdBack = (reading: Reading, nowMs: number, random: Random): void => {
  reading.failures++
  reading.notBeforeMs = nowMs + backoffMs(backoff, reading.failures, random)
}

/**
 * Whether somebody leads who may not have what was read. A leader of the very epoch in which the last record was written
 * has it: it wrote it.
 */
export const isUnsure = (reading: Reading, currentEpoch: number): boolean =>
  reading.readEpoch >= 0 && currentEpoch > Math.max(reading.readEpoch, reading.checkedEpoch)

/** Nothing more is known to be there. */
export const isQuiet = ({ end, offset }: Reading): boolean => end !== null && offset >= end

/** Who is read: the leader, or a follower that it named. */
export const nodeOf = (reading: Reading, leader: number, nowMs: number): number =>
  reading.follower >= 0 && reading.followerUntilMs > nowMs ? reading.follower : leader

/** The leader named a replica that is nearer. */
export const follow = (reading: Reading, node: number, nowMs: number): void => {
  reading.follower = node
  reading.followerUntilMs = nowMs + followMs
}

/** The follower does not serve it: back to the leader, for some time. */
export const leaveFollower = (reading: Reading, nowMs: number): void => {
  reading.follower = -1
  reading.leaderOnlyUntilMs = nowMs + leaderOnlyMs
}

/** Takes a set out of what was read ahead; all of it lies at the end. */
const drop = (reading: Reading, sets: readonly FetchedSet[]): number => {
  let bytes = 0
  for (const set of sets) bytes += set.bytes.length
  reading.queue.length -= sets.length
  reading.queuedBytes -= bytes
  return bytes
}

/** Goes back to where a set began that was taken: all that was read ahead is dropped. Gives its bytes. */
export const goBackTo = (reading: Reading, set: FetchedSet): number => {
  reading.offset = set.from
  reading.readEpoch = set.fromEpoch
  reading.turn++
  return drop(reading, [...reading.queue])
}

export interface CutOff {
  /** Bytes read ahead that were dropped. */
  readonly droppedBytes: number
  /** Records were handed out that are not in the log any more. */
  readonly isNoticed: boolean
}

/**
 * The log ends at `to` for all that was read: what was read ahead and lies beyond is dropped. Where nothing beyond was
 * handed out, reading just goes on from what is left.
 */
export const cutOff = (reading: Reading, to: LogPosition): CutOff => {
  const firstBeyond = reading.queue.findIndex(({ next }) => next > to.offset)
  if (firstBeyond < 0) return { droppedBytes: 0, isNoticed: true }
  const beyond = reading.queue.slice(firstBeyond)
  const [first] = beyond
  const droppedBytes = drop(reading, beyond)
  if (first !== undefined) {
    reading.offset = first.from
    reading.readEpoch = first.fromEpoch
  }
  return { droppedBytes, isNoticed: reading.offset > to.offset }
}
