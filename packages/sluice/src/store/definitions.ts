/** Revisions of the configuration file, and which state each pipeline is wanted in. Changes are notified. */
import type { Database } from './database.ts'

/** Everything that a running process may have to react to is told on this channel. */
export const changesChannel = (database: Database): string => `${database.schema.replaceAll('"', '')}_changes`

export interface Revision {
  readonly id: number
  readonly text: string
  readonly baseDirectory: string
  readonly createdAtMs: number
  readonly createdBy: string
}

/** A revision without its text. */
export interface RevisionSummary extends Omit<Revision, 'text' | 'baseDirectory'> {
  readonly sizeBytes: number
}

export const desiredStates = ['running', 'paused', 'stopped'] as const
export type DesiredState = (typeof desiredStates)[number]

const isDesiredState = (text: unknown): text is DesiredState => desiredStates.some((state) => state === text)

export interface DefinitionStore {
  newest(): Promise<Revision | null>
  /** Keeps a revision unless the newest says the same; resolves to the newest. */
  keep(text: string, baseDirectory: string, createdBy: string): Promise<Revision>
  /** Newest first, without texts. */
  list(before: number | null, limit: number): Promise<readonly RevisionSummary[]>
  one(id: number): Promise<(Revision & { readonly previous: number | null }) | null>
  desired(): Promise<ReadonlyMap<string, DesiredState>>
  /** When the state of each pipeline was last asked for. */
  desiredSinceMs(): Promise<ReadonlyMap<string, number>>
  want(pipeline: string, state: DesiredState, by: string): Promise<void>
}

const revisionOf = (row: Record<string, unknown>): Revision => {
  const createdAt = row['created_at']
  return {
    id: Number(row['id']),
    text: String(row['text']),
    baseDirectory: String(row['base_directory']),
    createdAtMs: createdAt instanceof Date ? createdAt.getTime() : 0,
    createdBy: String(row['created_by']),
  }
}

/** What the file said before. */
const revisionsIn = (database: Database): Pick<DefinitionStore, 'list' | 'one'> => {
  const { schema } = database
  return {
    list: async (before, limit) => {
      const result = await database.query(
        `select id, created_at, created_by, octet_length(text) as size_bytes from ${schema}.revisions
         where $1::bigint is null or id < $1 order by id desc limit $2`,
        [before, limit],
      )
      return result.rows.map((row) => {
        const { id, createdAtMs, createdBy } = revisionOf(row)
        return { id, createdAtMs, createdBy, sizeBytes: Number(row['size_bytes']) }
      })
    },
    one: async (id) => {
      const result = await database.query(
        `select *, (select max(id) from ${schema}.revisions as older where older.id < $1) as previous
         from ${schema}.revisions where id = $1`,
        [id],
      )
      const row = result.rows[0]
      if (row === undefined) return null
      const previous = row['previous']
      return { ...revisionOf(row), previous: typeof previous === 'number' ? previous : null }
    },
  }
}

export const definitionStoreIn = (database: Database): DefinitionStore => {
  const { schema } = database
  const newest = async (): Promise<Revision | null> => {
    const result = await database.query(`select * from ${schema}.revisions order by id desc limit 1`, [])
    const row = result.rows[0]
    return row === undefined ? null : revisionOf(row)
  }
  return {
    newest,
    keep: async (text, baseDirectory, createdBy) => {
      const present = await newest()
      if (present !== null && present.text === text && present.baseDirectory === baseDirectory) return present
      return database.transaction(async (session) => {
        const result = await session.query(
          `insert into ${schema}.revisions (text, base_directory, created_by) values ($1, $2, $3) returning *`,
          [text, baseDirectory, createdBy],
        )
        await session.query('select pg_notify($1, $2)', [changesChannel(database), 'revision'])
        return revisionOf(result.rows[0] ?? {})
      })
    },
    ...revisionsIn(database),
    desired: async () => {
      const result = await database.query(`select pipeline, desired from ${schema}.run_states`, [])
      const states = new Map<string, DesiredState>()
      for (const row of result.rows) {
        if (isDesiredState(row['desired'])) states.set(String(row['pipeline']), row['desired'])
      }
      return states
    },
    desiredSinceMs: async () => {
      const result = await database.query(`select pipeline, changed_at from ${schema}.run_states`, [])
      const since = new Map<string, number>()
      for (const row of result.rows) {
        const at = row['changed_at']
        if (at instanceof Date) since.set(String(row['pipeline']), at.getTime())
      }
      return since
    },
    want: async (pipeline, state, by) => {
      await database.transaction(async (session) => {
        await session.query(
          `insert into ${schema}.run_states (pipeline, desired, changed_by) values ($1, $2, $3)
           on conflict (pipeline) do update set desired = excluded.desired, changed_at = now(), changed_by = excluded.changed_by`,
          [pipeline, state, by],
        )
        await session.query('select pg_notify($1, $2)', [changesChannel(database), 'run_state'])
      })
    },
  }
}
