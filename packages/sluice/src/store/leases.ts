/** Leases: which process reads a lane that no group protocol assigns. Rows, timed by the database's clock. */
import type { Database } from './database.ts'

export interface LeaseStore {
  /**
   * Takes what is free or ours out of `lanes`, at most `most` of them; renews what we hold.
   * Resolves to the lanes held until `forMs` from now.
   */
  hold(
    pipeline: string,
    lanes: readonly string[],
    owner: string,
    most: number,
    forMs: number,
  ): Promise<readonly string[]>
  /** Gives lanes back at once. */
  release(pipeline: string, lanes: readonly string[], owner: string): Promise<void>
}

export const leaseStoreIn = (database: Database): LeaseStore => ({
  hold: async (pipeline, lanes, owner, most, forMs) => {
    const result = await database.query(
      `with mine as (
         select lane from ${database.schema}.leases where pipeline = $1 and owner = $3 and lane = any($2)
       ), free as (
         select wanted.lane from unnest($2::text[]) with ordinality as wanted (lane, place)
         left join ${database.schema}.leases held on held.pipeline = $1 and held.lane = wanted.lane
         where held.lane is null or held.expires_at < now()
         order by wanted.place
         limit greatest(0, $4 - (select count(*) from mine))
       ), taken as (
         select lane from mine union select lane from free limit $4
       )
       insert into ${database.schema}.leases as held (pipeline, lane, owner, expires_at)
       select $1, lane, $3, now() + $5 * interval '1 millisecond' from taken
       on conflict (pipeline, lane) do update set owner = excluded.owner, expires_at = excluded.expires_at
         where held.owner = excluded.owner or held.expires_at < now()
       returning lane`,
      [pipeline, lanes, owner, most, forMs],
    )
    return result.rows.map((row) => String(row['lane']))
  },
  release: async (pipeline, lanes, owner) => {
    await database.query(
      `delete from ${database.schema}.leases where pipeline = $1 and lane = any($2) and owner = $3`,
      [pipeline, lanes, owner],
    )
  },
})
