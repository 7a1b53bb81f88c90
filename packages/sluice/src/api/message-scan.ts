/** Goes through records within a budget: so many records, so many bytes, so long; lets others have their turn. */
import type { Clock } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import type { MergedReader } from './merged-reader.ts'
import { type ReadRecord, sizeBytesOf } from './message-body.ts'
import type { MessageFilter } from './message-filter.ts'
import { createTurns } from './turns.ts'

export interface ScanBudget {
  readonly records: number
  readonly bytes: number
  readonly ms: number
}

export const scanBudget: ScanBudget = {
  records: limits.searchRecordsMax,
  bytes: limits.searchBytesMax,
  ms: limits.searchMs,
}

export interface ScanResult {
  readonly scanned: number
  readonly scannedBytes: number
  readonly matched: number
  /** Records the filter could not judge. */
  readonly unjudged: number
  readonly firstUnjudged: {
    readonly partition: number
    readonly offset: bigint
    readonly problem: string
  } | null
}

export interface ScanOptions {
  readonly filter: MessageFilter | null
  readonly budget: ScanBudget
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called for each record that is wanted; false ends the scan after it. */
  readonly onMatch: (record: ReadRecord) => boolean
}

/** Without a filter a record costs less than looking at the clock. */
const recordsBetweenLooks = 64

/** Reads until nothing is left, `onMatch` has enough, or the budget is spent; at least something moves each time. */
export const scan = async (reader: MergedReader, options: ScanOptions): Promise<ScanResult> => {
  const { filter, budget, clock, signal, onMatch } = options
  const told = { scanned: 0, scannedBytes: 0, matched: 0, unjudged: 0 }
  let firstUnjudged: ScanResult['firstUnjudged'] = null
  const endsMs = clock.now() + budget.ms
  const turns = createTurns(clock)
  let looked = 0
  for (;;) {
    const record = reader.take()
    if (record === null) {
      if (!(await reader.fill(signal)) || (clock.now() >= endsMs && told.scanned > 0)) break
      continue
    }
    const sizeBytes = sizeBytesOf(record)
    told.scanned++
    told.scannedBytes += sizeBytes
    const verdict = filter === null || filter(record)
    if (verdict === true) {
      told.matched++
      if (!onMatch(record)) break
    } else if (verdict !== false) {
      told.unjudged++
      const { partition, batch, index } = record
      firstUnjudged ??= { partition, offset: batch.numberOf(index), problem: verdict.problem }
    }
    if (told.scanned >= budget.records || told.scannedBytes >= budget.bytes) break
    looked += 1 + (sizeBytes >> 10)
    if (filter === null && looked < recordsBetweenLooks) continue
    looked = 0
    if (clock.now() >= endsMs) break
    if (!turns.isOver()) continue
    await turns.next()
    signal.throwIfAborted()
  }
  return { ...told, firstUnjudged }
}
