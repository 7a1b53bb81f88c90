import { openDatabase } from './packages/sluice/src/store/database.ts'
import { migrate } from './packages/sluice/src/store/migrate.ts'
import { commitStoreIn } from './packages/sluice/src/store/lanes.ts'
import { deadLetterStoreIn } from './packages/sluice/src/store/dead-letters.ts'
import { leaseStoreIn } from './packages/sluice/src/store/leases.ts'
import { positionStoreIn } from './packages/sluice/src/store/positions.ts'
import { openPostgresSink } from './packages/sluice/src/connectors/postgres/sink.ts'
import { silentLogger } from './packages/sluice/src/kernel/logger.ts'
import { systemClock } from './packages/sluice/src/kernel/clock.ts'
import { seededRandom } from './packages/sluice/src/kernel/random.ts'
import { BatchBuilder } from './packages/sluice/src/flow/batch-builder.ts'
import { deliver } from './packages/sluice/src/pipelines/delivery.ts'
const url = 'postgres://sluice@127.0.0.1:55432/sluice'
const db = openDatabase({ url, namespace: 'sluice', logger: silentLogger })
await db.query('drop schema if exists sluice cascade', [])
await db.query('drop table if exists t, k, d', [])
await migrate(db); await migrate(db)
const store = commitStoreIn(db)
const context: any = { logger: silentLogger, database: () => Promise.resolve({ transaction: db.transaction, commitStore: store, [Symbol.asyncDispose]: async () => {} }) }
const parts = (sink: any) => ({ steps: [], sink, sinkId: 'sink', store, retry: { firstMs: 10, mostMs: 100, degradedAfter: 5 }, clock: systemClock, random: seededRandom(1), onTrouble: (e: unknown) => console.log('trouble', e), onSuccess: () => {} })
const batch = (values: (string | null)[], from: number, next: string) => { const b = new BatchBuilder(); values.forEach((v, i) => b.add({ key: `k${i % 5}`, value: v, timeMs: 1, number: BigInt(from + i) })); return b.build({ pipeline: 'p', incarnation: 'x', lane: 'l', stream: 's', next }) }
const signal = new AbortController().signal
{
  const sink = await openPostgresSink({ table: 't', columns: { id: 'integer', name: 'text', at: 'timestamptz', rid: { type: 'text', from: 'meta.id' }, j: 'jsonb' }, identity: 'n', inserted_at: 'created_at', indexes: [['id', 'at desc']] }, context)
  let claim = await store.claim({ pipeline: 'p', lane: 'l' }, 'me', null)
  const done = await deliver(parts(sink), claim, batch([...Array.from({ length: 1000 }, (_, i) => JSON.stringify({ id: i, name: `a\tb\\${i}\n`, at: new Date().toISOString(), j: { a: [1] } })), '{"id":"x"}', '{"id":3.5}', 'nope', '{"id":7,"name":"z","at":"2024-13-45T00:00:00Z"}'], 0, 'n:1'), signal)
  console.log(done.counts, (await db.query('select count(*), min(name), max(j::text) from t', [])).rows)
  console.log((await deadLetterStoreIn(db).list({ limit: 10 })).map((d) => [d.number, d.code, d.reason]))
  const stale = claim; claim = done.claim
  await deliver(parts(sink), stale, batch(['{"id":1}'], 5, 'n:2'), signal).catch((e) => console.log('fenced as expected', e.message))
  console.log((await db.query('select count(*) from t', [])).rows, await positionStoreIn(db).lanes())
}
for (const mode of ['update', 'ignore'] as const) {
  const sink = await openPostgresSink({ table: 'k', columns: { key: { type: 'text', from: 'meta.key' }, v: 'integer' }, key: 'key', on_conflict: mode }, context)
  const claim = await store.claim({ pipeline: 'p', lane: `l${mode}` }, 'me', null)
  const done = await deliver(parts(sink), claim, batch(['{"v":1}', '{"v":2}', '{"v":3}', '{"v":4}', null, '{"v":10}', '{"v":99999999999}'], 0, 'n:1'), signal)
  console.log(mode, done.counts, (await db.query('select * from k order by key', [])).rows)
}
const leases = leaseStoreIn(db)
console.log(await leases.hold('p', ['a', 'b', 'c'], 'one', 2, 1000), await leases.hold('p', ['a', 'b', 'c'], 'two', 2, 1000), await leases.hold('p', ['a', 'b', 'c'], 'one', 2, 1000), await leases.hold('p', ['a', 'b', 'c'], 'one', 1, 1000))
await db[Symbol.asyncDispose]()
