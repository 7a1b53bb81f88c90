/** A channel of rows: keeps the newest, gives each subscription what came since its cursor, or a sample of it. */
import type { Clock } from '../../kernel/clock.ts'
import type { Fault } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { baseSequence, type Feed, type FeedUpdate, faultOf } from './feed.ts'
import { Ring, type RingRow } from './ring.ts'

/** Where a source of rows puts them. */
export interface RowsInto {
  push(row: RingRow): void
  /** So many rows came that nobody will see. */
  skip(count: number): void
  /** It fails for now and goes on trying; null: it works again. */
  fail(error: unknown): void
}

/** Reads rows until the signal; `started` is to be called once, when reading has begun. */
export type RowsSource = (into: RowsInto, signal: AbortSignal, started: () => void) => Promise<void>

// Who is slow has an older cursor; few different ones are asked for between two rows.
const rememberedMax = 16

const most = { rows: limits.live.rowsPerUpdateMax, bytes: limits.live.updateBytesMax }

/**
 * @param isFromStart whoever comes without a cursor gets what is kept from the beginning of the feed; else what comes
 *   from now on
 */
export const startRowsFeed = (source: RowsSource, clock: Clock, isFromStart: boolean): Feed => {
  const ending = new AbortController()
  const ring = new Ring(baseSequence(clock.now()), {
    rowsMax: limits.live.keptRowsMax,
    bytesMax: limits.live.keptBytesMax,
  })
  const base = ring.latest
  let failure: Fault | null = null
  const remembered = new Map<number, FeedUpdate>()
  const into: RowsInto = {
    push: (row) => {
      ring.push(row)
      remembered.clear()
    },
    skip: (count) => {
      ring.skip(count)
      remembered.clear()
    },
    fail: (error) => {
      if (error === null) failure = null
      else {
        const told = faultOf(error)
        if (told.message !== failure?.message) failure = told
      }
    },
  }
  const { promise: started, resolve, reject } = Promise.withResolvers<void>()
  started.catch(() => undefined)
  source(into, ending.signal, resolve).catch(reject)
  const updateAfter = (cursor: number): FeedUpdate => {
    const { rows, seq, dropped } = ring.pick(cursor, most)
    const body = Buffer.from(`[${rows.map((row) => row.text()).join(',')}]`)
    return { seq, atMs: clock.now(), body, dropped }
  }
  return {
    started,
    begin: (after) => {
      const resumed = after !== null && ring.knows(after)
      return { seq: resumed ? after : isFromStart ? base : ring.latest, resumed }
    },
    get failure() {
      return failure
    },
    next: (cursor, wasFailing) => {
      if (ring.latest <= cursor && !wasFailing) return null
      const known = remembered.get(cursor)
      if (known !== undefined) return known
      const update = updateAfter(cursor)
      if (remembered.size < rememberedMax) remembered.set(cursor, update)
      return update
    },
    close: () => ending.abort(),
  }
}
