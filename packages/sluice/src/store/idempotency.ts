/** Calls over HTTP that were answered, by idempotency key, so that a repeated call writes nothing again. */
import type { IdempotencyStore } from '../flow/http-ingest.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Database } from './database.ts'

/** Keys are kept at least so long. */
const keptHours = 24

const sweepEveryMs = 60_000

/** @param clock tells when old keys were last swept away */
export const idempotencyStoreIn = (
  database: Pick<Database, 'query' | 'schema'>,
  clock: Clock,
): IdempotencyStore => {
  let sweptAtMs = Number.NEGATIVE_INFINITY
  const sweep = async (): Promise<void> => {
    if (clock.now() - sweptAtMs < sweepEveryMs) return
    sweptAtMs = clock.now()
    await database.query(
      `delete from ${database.schema}.idempotency_keys where created_at < now() - interval '${keptHours} hours'`,
      [],
    )
  }
  return {
    find: async (pipeline, key) => {
      const result = await database.query(
        `select body_hash, accepted from ${database.schema}.idempotency_keys where pipeline = $1 and key = $2`,
        [pipeline, key],
      )
      const row = result.rows[0]
      return row === undefined
        ? null
        : { bodyHash: String(row['body_hash']), accepted: Number(row['accepted']) }
    },
    remember: async (pipeline, key, call) => {
      await database.query(
        `insert into ${database.schema}.idempotency_keys (pipeline, key, body_hash, accepted) values ($1, $2, $3, $4)
         on conflict do nothing`,
        [pipeline, key, call.bodyHash, call.accepted],
      )
      await sweep()
    },
  }
}
