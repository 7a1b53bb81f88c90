/** A partition while this process reads it, and how far behind it is. */
import type { RecordBatch } from '../../flow/record-batch.ts'
import type { LaneLag } from '../../flow/source.ts'

export interface Lane {
  readonly name: string
  readonly partition: number
  /** Offset after the last settled record; what the group is told. */
  settled: bigint | null
  told: bigint | null
  isPaused: boolean
  /** Batches handed out and not settled yet, oldest first, with the time of their first record. */
  readonly alive: Map<RecordBatch, number>
}

/** undefined where too little is known yet. @param fetched offset of the next fetch; @param end where the partition ends */
export const lagOf = (
  lane: Lane,
  fetched: bigint | undefined,
  end: bigint | null,
  nowMs: number,
): LaneLag | undefined => {
  const from = lane.settled ?? (lane.alive.size === 0 ? fetched : undefined)
  if (end === null || from === undefined) return undefined
  const records = Number(end > from ? end - from : 0n)
  const [oldestMs] = lane.alive.values()
  const behindMs = records === 0 ? 0 : oldestMs === undefined ? null : Math.max(0, nowMs - oldestMs)
  return { lane: lane.name, records, behindMs }
}
