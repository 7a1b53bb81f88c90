/**
 * Which segments of a log may go: decisions only.
 *
 * Whole segments leave, oldest first, and never the active one: it holds the log's next offset. An active segment in
 * which everything has expired is rolled first, so that idle topics expire too.
 */
import type { LogSettings } from './topic-config.ts'

export interface SegmentFacts {
  readonly sizeBytes: number
  /** Latest timestamp of its records, or -1 when none has one. */
  readonly maxTimestamp: number
  /** When the segment got its first batch; stands in where records have no timestamps. */
  readonly begunAtMs: number
  readonly endOffset: bigint
}

type RetentionSettings = Pick<LogSettings, 'retentionMs' | 'retentionBytes' | 'segmentMs'>

const isExpired = (segment: SegmentFacts, settings: RetentionSettings, nowMs: number): boolean => {
  if (settings.retentionMs < 0) return false
  const stampedAt = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.begunAtMs
  return nowMs - stampedAt > settings.retentionMs
}

/** Whether the active segment is to be closed although it isn't full. */
export const shouldRoll = (active: SegmentFacts, settings: RetentionSettings, nowMs: number): boolean =>
  active.sizeBytes > 0 &&
  (isExpired(active, settings, nowMs) || nowMs - active.begunAtMs >= settings.segmentMs)

/** How many of the oldest segments leave. `segments` are in order, the last one is active. */
export const countToDrop = (
  segments: readonly SegmentFacts[],
  settings: RetentionSettings,
  logStartOffset: bigint,
  nowMs: number,
): number => {
  let total = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  let count = 0
  for (const segment of segments.slice(0, -1)) {
    const isBeforeStart = segment.endOffset <= logStartOffset
    // As Kafka: a segment leaves when the log would still hold the bytes it should without it.
    const isTooMuch = settings.retentionBytes >= 0 && total - segment.sizeBytes >= settings.retentionBytes
    if (!isBeforeStart && !isTooMuch && !isExpired(segment, settings, nowMs)) break
    total -= segment.sizeBytes
    count += 1
  }
  return count
}
