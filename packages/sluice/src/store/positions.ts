/** What is committed, lane by lane: positions and ledger; and moving a position by hand. */
import type { LedgerCounts } from '../flow/ledger.ts'
import type { Database } from './database.ts'
import { changesChannel } from './definitions.ts'
import { countsOf } from './lanes.ts'

export interface LaneRow {
  readonly pipeline: string
  readonly lane: string
  readonly epoch: number
  readonly owner: string
  readonly position: string | null
  readonly committedAtMs: number | null
  /** When counting began; null for lanes from before that was noted. */
  readonly countedSinceMs: number | null
  /** Committed counts; `in_flight` is 0 here. */
  readonly counts: LedgerCounts
}

export interface PositionStore {
  lanes(pipeline?: string): Promise<readonly LaneRow[]>
  /**
   * Moves lanes to other positions under new epochs, so that whoever reads them now is fenced and starts again
   * from there. null: as if it was never read.
   */
  move(pipeline: string, positions: ReadonlyMap<string, string | null>, by: string): Promise<void>
}

const rowOf = (row: Record<string, unknown>): LaneRow => {
  const position = row['position']
  const committedAt = row['committed_at']
  const countedSince = row['counted_since']
  return {
    pipeline: String(row['pipeline']),
    lane: String(row['lane']),
    epoch: Number(row['epoch']),
    owner: String(row['owner']),
    position: typeof position === 'string' ? position : null,
    countedSinceMs: countedSince instanceof Date ? countedSince.getTime() : null,
    committedAtMs: committedAt instanceof Date ? committedAt.getTime() : null,
    counts: countsOf(row),
  }
}

export const positionStoreIn = (database: Database): PositionStore => ({
  lanes: async (pipeline) => {
    const result = await database.query(
      `select * from ${database.schema}.lanes where $1::text is null or pipeline = $1 order by pipeline, lane`,
      [pipeline ?? null],
    )
    return result.rows.map(rowOf)
  },
  move: async (pipeline, positions, by) => {
    await database.transaction(async (session) => {
      for (const [lane, position] of positions) {
        await session.query(
          `insert into ${database.schema}.lanes as held (pipeline, lane, epoch, owner, position) values ($1, $2, 1, $3, $4)
           on conflict (pipeline, lane) do update
             set epoch = held.epoch + 1, owner = excluded.owner, position = excluded.position, claimed_at = now()`,
          [pipeline, lane, by, position],
        )
      }
      await session.query('select pg_notify($1, $2)', [changesChannel(database), 'position'])
    })
  },
})
