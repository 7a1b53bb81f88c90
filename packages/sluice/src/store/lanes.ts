/**
 * Claims and commits of lanes: the fence that makes delivery exactly once in effect.
 *
 * A claim raises the lane's epoch. A commit is one conditional update on (pipeline, lane, epoch, position): when it
 * meets no row, the claim is lost and the whole transaction is given up. A shared transaction without this check
 * duplicates rows under reassignment.
 */
import type { CommitStore, LaneClaim, LaneCommit, LaneKey, SqlSession } from '../flow/commit.ts'
import type { DeadLetter } from '../flow/dead-letter.ts'
import { emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import { type Fault, fault } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import { applicationName, type Database } from './database.ts'
import { deadLetterStoreIn } from './dead-letters.ts'
import { storableJson, storableText, storableTime } from './storable.ts'

/** Columns of the ledger in table `lanes`, in the order in which a commit names them. */
const countColumns = [
  'in',
  'delivered',
  'filtered',
  'deduplicated',
  'aggregated',
  'dead_lettered',
  'late',
  'outputs',
] as const

export const countsOf = (row: Record<string, unknown>): LedgerCounts => {
  const counts: Record<(typeof countColumns)[number], number> = { ...emptyLedger }
  for (const column of countColumns) counts[column] = Number(row[column] ?? 0)
  return { ...emptyLedger, ...counts }
}

// A generation is only a hint that spares fenced commits; it may restart when a group is made anew, so an
// old claim cannot lock the lane for ever.
const generationHoldsSeconds = 60

const claimSql = (schema: string): string => `
insert into ${schema}.lanes as held (pipeline, lane, epoch, owner, generation)
values ($1, $2, 1, $3, $4)
on conflict (pipeline, lane) do update
  set epoch = held.epoch + 1, owner = excluded.owner, generation = excluded.generation, claimed_at = now()
  where held.generation is null or excluded.generation is null or excluded.generation >= held.generation
    or held.claimed_at < now() - interval '${generationHoldsSeconds} seconds'
returning *`

const commitSql = (schema: string): string => `
update ${schema}.lanes
  set position = $5, committed_at = now(),
      ${countColumns.map((column, i) => `"${column}" = "${column}" + $${i + 6}`).join(', ')}
  where pipeline = $1 and lane = $2 and epoch = $3 and position is not distinct from $4`

const fenceSql = (schema: string): string => `
select 1 from ${schema}.lanes
  where pipeline = $1 and lane = $2 and epoch = $3 and position is not distinct from $4
  for update`

const deadLetterSql = (schema: string): string => `
insert into ${schema}.dead_letters
  (pipeline, lane, stream, number, record_id, step, code, reason, attempts, key, value, headers, time)
select $1, $2, stream, number, record_id, step, code, reason, attempts, key, value, headers, time
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bytea[], $10::bytea[],
  $11::jsonb[], $12::timestamptz[], $13::text[])
  as dead (number, record_id, step, code, reason, attempts, key, value, headers, time, stream)`

const fenced = (commit: LaneCommit): Fault =>
  fault('LANE_FENCED', { lane: commit.lane, pipeline: commit.pipeline, epoch: commit.epoch })

const keyOf = (commit: LaneCommit): readonly unknown[] => [
  commit.pipeline,
  commit.lane,
  commit.epoch,
  commit.expected,
]

const headersJson = (letter: DeadLetter): string =>
  storableJson(
    letter.headers.map((header) => ({
      key: header.key,
      value: header.value === null ? null : Buffer.from(header.value).toString('base64'),
    })),
  )

const storableReason = (reason: string): string =>
  storableText(reason).slice(0, limits.deadLetterReasonCharsMax)

const insertDeadLetters = async (session: SqlSession, schema: string, commit: LaneCommit): Promise<void> => {
  const letters = commit.deadLetters
  if (letters.length === 0) return
  await session.query(deadLetterSql(schema), [
    commit.pipeline,
    commit.lane,
    letters.map((letter) => letter.number),
    letters.map((letter) => storableText(letter.recordId).slice(0, limits.recordIdCharsMax)),
    letters.map((letter) => letter.step),
    letters.map((letter) => letter.code),
    letters.map((letter) => storableReason(letter.reason)),
    letters.map((letter) => letter.attempts),
    letters.map((letter) => letter.key),
    letters.map((letter) => letter.value),
    letters.map(headersJson),
    letters.map((letter) => storableTime(letter.timeMs)),
    letters.map((letter) => letter.stream),
  ])
}

const settleRedriven = async (session: SqlSession, schema: string, commit: LaneCommit): Promise<void> => {
  const { redriven } = commit
  if (redriven === undefined) return
  if (redriven.delivered.length > 0) {
    await session.query(
      `update ${schema}.dead_letters set state = 'redriven', changed_at = now() where pipeline = $1 and id = any($2::bigint[])`,
      [commit.pipeline, redriven.delivered],
    )
  }
  for (const again of redriven.deadAgain) {
    await session.query(
      `update ${schema}.dead_letters set state = 'dead', step = $3, code = $4, reason = $5, attempts = attempts + 1, changed_at = now()
       where pipeline = $1 and id = $2`,
      [commit.pipeline, again.id, again.step, again.code, storableReason(again.reason)],
    )
  }
}

const commitIn = async (session: SqlSession, schema: string, commit: LaneCommit): Promise<void> => {
  const done = await session.query(commitSql(schema), [
    ...keyOf(commit),
    commit.next,
    ...countColumns.map((column) => commit.counts[column]),
  ])
  if (done.rowCount !== 1) throw fenced(commit)
  await insertDeadLetters(session, schema, commit)
  await settleRedriven(session, schema, commit)
}

const lockNotAvailable = '55P03'

/**
 * Ends transactions of ours that hold lanes while their process has sent nothing more for as long as others wait for a
 * lock: a stopped process or a machine that is gone, in the middle of a `COPY`. In between statements the database does
 * that by itself (`idle_in_transaction_session_timeout`), there it does not.
 */
const endStalledSql = (schema: string): string => `
select pg_terminate_backend(stalled.pid) from pg_stat_activity stalled
  where stalled.application_name = $1 and stalled.usename = current_user and stalled.datname = current_database()
    and stalled.pid <> pg_backend_pid() and stalled.state = 'active' and stalled.wait_event = 'ClientRead'
    and stalled.query_start < now() - current_setting('lock_timeout')::interval
    and exists (select 1 from pg_locks held
      where held.pid = stalled.pid and held.granted and held.relation = '${schema}.lanes'::regclass)`

/** Takes a lane's row; where a stalled process holds it, ends that one's transaction first. */
const claimRow = async (database: Database, values: readonly unknown[]) => {
  const claim = () => database.query(claimSql(database.schema), values)
  try {
    return await claim()
  } catch (error) {
    const isLocked = error instanceof Error && 'code' in error && error.code === lockNotAvailable
    if (!isLocked) throw error
    await database.query(endStalledSql(database.schema), [applicationName])
    return await claim()
  }
}

const claimIn = async (
  database: Database,
  lane: LaneKey,
  owner: string,
  generation: number | null,
): Promise<LaneClaim> => {
  const result = await claimRow(database, [lane.pipeline, lane.lane, owner, generation])
  const row = result.rows[0]
  if (row === undefined) {
    throw fault('LANE_FENCED', { lane: lane.lane, pipeline: lane.pipeline, epoch: generation ?? 0 })
  }
  const position = row['position']
  return {
    ...lane,
    epoch: Number(row['epoch']),
    position: typeof position === 'string' ? position : null,
    counts: countsOf(row),
  }
}

/** The commit store that lives in `database`, whose schema must be there (see migrate.ts). */
export const commitStoreIn = (database: Database): CommitStore => ({
  claim: (lane, owner, generation) => claimIn(database, lane, owner, generation),
  epochs: async (pipeline) => {
    const result = await database.query(
      `select lane, epoch from ${database.schema}.lanes where pipeline = $1`,
      [pipeline],
    )
    return new Map(result.rows.map((row) => [String(row['lane']), Number(row['epoch'])]))
  },
  toRedrive: (pipeline, limit) => deadLetterStoreIn(database).toRedrive(pipeline, limit),
  commit: (commit) => database.transaction((session) => commitIn(session, database.schema, commit)),
  fenceIn: async (session, commit) => {
    const held = await session.query(fenceSql(database.schema), keyOf(commit))
    if (held.rowCount !== 1) throw fenced(commit)
  },
  commitIn: (session, commit) => commitIn(session, database.schema, commit),
})
