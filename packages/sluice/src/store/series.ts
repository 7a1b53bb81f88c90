/** Series over time as rows: points as they were measured, and the same by longer stretches. Bounded by who calls `forget`. */
import type { Database } from './database.ts'

export interface SeriesPoint {
  readonly name: string
  readonly subject: string
  readonly value: number
}

export interface SeriesRow {
  readonly name: string
  readonly subject: string
  /** Begin of the stretch. */
  readonly atMs: number
  readonly average: number
  readonly maximum: number
}

/** Points of one length in one stretch of time. */
export interface SeriesPart {
  readonly stepS: number
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
}

export interface ChangeRow {
  readonly atMs: number
  readonly kind: 'revision' | 'started' | 'stopped' | 'paused' | 'moved'
  readonly pipeline: string | null
  readonly by: string
  readonly revision: number | null
}

export interface SeriesStore {
  /** Writes what was measured in the stretch that begins at `atMs`; what stands there already stays. */
  write(stepS: number, atMs: number, points: readonly SeriesPoint[]): Promise<void>
  /** Makes points of length `toS` from those of length `fromS`; may be repeated. */
  rollUp(part: { fromS: number; toS: number; fromMs: number; toMs: number }): Promise<void>
  /** Deletes points of length `stepS` from before `beforeMs`. */
  forget(stepS: number, beforeMs: number): Promise<void>
  /** Deletes what no point belongs to any more. */
  forgetNames(): Promise<void>
  /** When the newest point of that length begins. */
  newest(stepS: number): Promise<number | null>
  /** By name, subject and time, merged into stretches of `mergeMs`; of at most `linesMax` lines. */
  read(query: {
    readonly names: readonly string[]
    readonly subjects: readonly string[] | null
    readonly parts: readonly SeriesPart[]
    readonly mergeMs: number
    readonly linesMax: number
  }): Promise<readonly SeriesRow[]>
  /** What was changed in that time, newest first. */
  changes(fromMs: number, toMs: number, most: number): Promise<readonly ChangeRow[]>
}

const kindOf: Readonly<Record<string, ChangeRow['kind']>> = {
  revision: 'revision',
  'pipeline.started': 'started',
  'pipeline.stopped': 'stopped',
  'pipeline.paused': 'paused',
  'pipeline.position_moved': 'moved',
}

const keyOf = (name: string, subject: string): string => `${name} ${subject}`

const changesSql = (schema: string): string => `
select * from (
  select created_at as at, 'revision' as action, null as resource, created_by as actor, id as revision
    from ${schema}.revisions where created_at >= $1 and created_at < $2
  union all
  select at, action, resource, actor, null from ${schema}.audit
    where at >= $1 and at < $2 and outcome = 'done' and action like 'pipeline.%'
      and coalesce(details->>'dry_run', 'false') <> 'true'
) changes order by at desc limit $3`

const changeOf = (row: Record<string, unknown>): ChangeRow => {
  const { at, action, resource, actor, revision } = row
  return {
    atMs: at instanceof Date ? at.getTime() : 0,
    kind: kindOf[String(action)] ?? 'moved',
    pipeline: typeof resource === 'string' ? resource.replace(/^pipeline /, '') : null,
    by: String(actor),
    revision: revision === null ? null : Number(revision),
  }
}

const readSql = (schema: string, parts: readonly SeriesPart[]): string => {
  const conditions = parts.map(
    ({ stepS }, i) => `(step_s = ${Math.trunc(stepS)} and at >= $${i * 2 + 5} and at < $${i * 2 + 6})`,
  )
  return `
with wanted as (
  select id, name, subject from ${schema}.series
  where name = any($1) and ($2::text[] is null or subject = any($2)) order by name, subject limit $3
)
select name, subject, floor(extract(epoch from at) * 1000 / $4::double precision) as stretch,
  sum(sum) / sum(count) as average, max(maximum) as maximum
from wanted join ${schema}.series_points on series = id
where ${conditions.join(' or ')}
group by name, subject, stretch order by name, subject, stretch`
}

/** Numbers of series by name and subject, remembered; one that somebody else made meanwhile is found. */
const createIds = (database: Database) => {
  const ids = new Map<string, number>()
  const learn = (rows: readonly Record<string, unknown>[]): void => {
    for (const row of rows) ids.set(keyOf(String(row['name']), String(row['subject'])), Number(row['id']))
  }
  return {
    forget: () => ids.clear(),
    of: async (points: readonly SeriesPoint[]): Promise<ReadonlyMap<string, number>> => {
      const unknown = points.filter(({ name, subject }) => !ids.has(keyOf(name, subject)))
      if (unknown.length === 0) return ids
      const values = [unknown.map(({ name }) => name), unknown.map(({ subject }) => subject)]
      await database.query(
        `insert into ${database.schema}.series (name, subject) select * from unnest($1::text[], $2::text[])
         on conflict (name, subject) do nothing`,
        values,
      )
      const found = await database.query(
        `select id, name, subject from ${database.schema}.series
         where (name, subject) in (select * from unnest($1::text[], $2::text[]))`,
        values,
      )
      learn(found.rows)
      return ids
    },
  }
}

export const seriesStoreIn = (database: Database): SeriesStore => {
  const { schema } = database
  const ids = createIds(database)
  return {
    write: async (stepS, atMs, points) => {
      if (points.length === 0) return
      const numbers = await ids.of(points)
      await database.query(
        `insert into ${schema}.series_points (step_s, series, at, sum, count, maximum)
         select $1, series, $2, value, 1, value from unnest($3::int[], $4::double precision[]) as point (series, value)
         on conflict do nothing`,
        [
          stepS,
          new Date(atMs),
          points.map(({ name, subject }) => numbers.get(keyOf(name, subject))),
          points.map(({ value }) => value),
        ],
      )
    },
    rollUp: async ({ fromS, toS, fromMs, toMs }) => {
      await database.query(
        `insert into ${schema}.series_points (step_s, series, at, sum, count, maximum)
         select $2, series, to_timestamp(floor(extract(epoch from at) / $2::int) * $2::int) as stretch,
           sum(sum), sum(count), max(maximum)
         from ${schema}.series_points where step_s = $1 and at >= $3 and at < $4 group by series, stretch
         on conflict (series, step_s, at) do update
           set sum = excluded.sum, count = excluded.count, maximum = excluded.maximum`,
        [fromS, toS, new Date(fromMs), new Date(toMs)],
      )
    },
    forget: async (stepS, beforeMs) => {
      await database.query(`delete from ${schema}.series_points where step_s = $1 and at < $2`, [
        stepS,
        new Date(beforeMs),
      ])
    },
    forgetNames: async () => {
      ids.forget()
      await database.query(
        `delete from ${schema}.series where not exists (select 1 from ${schema}.series_points where series = id)`,
        [],
      )
    },
    newest: async (stepS) => {
      const result = await database.query(
        `select at from ${schema}.series_points where step_s = $1 order by at desc limit 1`,
        [stepS],
      )
      const at = result.rows[0]?.['at']
      return at instanceof Date ? at.getTime() : null
    },
    read: async ({ names, subjects, parts, mergeMs, linesMax }) => {
      const times = parts.flatMap(({ fromMs, toMs }) => [new Date(fromMs), new Date(toMs)])
      const values = [names, subjects, linesMax, mergeMs, ...times]
      const result = await database.query(readSql(schema, parts), values)
      return result.rows.map((row) => ({
        name: String(row['name']),
        subject: String(row['subject']),
        atMs: Number(row['stretch']) * mergeMs,
        average: Number(row['average']),
        maximum: Number(row['maximum']),
      }))
    },
    changes: async (fromMs, toMs, most) => {
      const result = await database.query(changesSql(schema), [new Date(fromMs), new Date(toMs), most])
      return result.rows.map(changeOf)
    },
  }
}
