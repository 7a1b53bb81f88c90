import { expect, test } from 'vitest'
import { openPostgresSink } from '../../packages/sluice/src/connectors/postgres/sink.ts'
import { BatchBuilder } from '../../packages/sluice/src/flow/batch-builder.ts'
import type { LaneClaim } from '../../packages/sluice/src/flow/commit.ts'
import { ledgerGap } from '../../packages/sluice/src/flow/ledger.ts'
import type { RecordBatch } from '../../packages/sluice/src/flow/record-batch.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { type Delivered, deliver } from '../../packages/sluice/src/pipelines/delivery.ts'
import { Observation } from '../../packages/sluice/src/pipelines/observation.ts'
import { deadLetterStoreIn } from '../../packages/sluice/src/store/dead-letters.ts'
import { commitStoreIn } from '../../packages/sluice/src/store/lanes.ts'
import { positionStoreIn } from '../../packages/sluice/src/store/positions.ts'
import { describeDatabases, sinkContext } from './databases.ts'

const signal = new AbortController().signal

const batchOf = (values: readonly (string | null)[], lane = 'lane', from = 0): RecordBatch => {
  const builder = new BatchBuilder()
  for (const [i, value] of values.entries()) {
    builder.add({ key: `k${i % 3}`, value, timeMs: 1, number: BigInt(from + i) })
  }
  const next = `n:${from + values.length}`
  return builder.build({ pipeline: 'p', incarnation: 'x', lane, stream: 's', next })
}

describeDatabases('the postgres sink', (at) => {
  const claimOf = (lane: string): Promise<LaneClaim> =>
    commitStoreIn(at().database).claim({ pipeline: 'p', lane }, 'test', null)

  const write = async (options: object, claim: LaneClaim, batch: RecordBatch): Promise<Delivered> => {
    await using sink = await openPostgresSink(options, sinkContext(at()))
    const parts = {
      steps: [],
      sink,
      sinkId: 'sink',
      store: commitStoreIn(at().database),
      retry: { firstMs: 1, mostMs: 10, degradedAfter: 3 },
      clock: systemClock,
      random: seededRandom(1),
      observation: new Observation([], () => 0, systemClock.now),
      onTrouble: (error: unknown) => {
        throw error
      },
      onSuccess: () => undefined,
      onSilence: () => undefined,
    }
    return await deliver(parts, claim, batch, signal)
  }

  const rowsOf = async (text: string): Promise<Record<string, unknown>[]> =>
    (await at().database.query(text, [])).rows

  test('makes the table, writes every type, and keeps what text can hold', async () => {
    const columns = {
      whole: 'bigint',
      part: 'double precision',
      exact: 'numeric',
      yes: 'boolean',
      said: 'text',
      at: 'timestamptz',
      day: 'date',
      id: 'uuid',
      rest: 'jsonb',
      record: { type: 'text', from: 'meta.id' },
    }
    const body = {
      whole: '9223372036854775807',
      part: 1.5,
      exact: '12345678901234567890.5',
      yes: false,
      said: 'tab\t newline\n back\\slash "quote" \\N ünï',
      at: '2026-01-02T03:04:05.123456+02:00',
      day: '2026-02-28',
      id: '0b0a0000-0000-4000-8000-000000000001',
      rest: { deep: [1, { a: null }] },
    }
    await write(
      { table: 'types', columns, identity: 'n', inserted_at: 'created_at', indexes: [['whole', 'at desc']] },
      await claimOf('types'),
      batchOf([JSON.stringify(body), '{}'], 'types'),
    )
    const [first, second] = await rowsOf(
      'select *, at::text as at_text, day::text as day_text from types order by n',
    )
    expect(first).toMatchObject({
      n: 1,
      whole: '9223372036854775807',
      part: 1.5,
      exact: '12345678901234567890.5',
      yes: false,
      said: body.said,
      day_text: '2026-02-28',
      id: body.id,
      rest: body.rest,
      record: 'p/x/types/0',
    })
    expect(String(first?.['at_text'])).toContain('.123456')
    expect(second).toMatchObject({ n: 2, whole: null, said: null, rest: null, record: 'p/x/types/1' })
  })

  test('adds a column that is new to a table that is there', async () => {
    await write(
      { table: 'wider', columns: { a: 'text' } },
      await claimOf('wide1'),
      batchOf(['{"a":"1","b":2}'], 'wide1'),
    )
    const columns = { a: 'text', b: 'integer' }
    await write({ table: 'wider', columns }, await claimOf('wide2'), batchOf(['{"a":"1","b":2}'], 'wide2'))
    expect(await rowsOf('select a, b from wider order by b nulls first')).toEqual([
      { a: '1', b: null },
      { a: '1', b: 2 },
    ])
  })

  test('refuses what a column cannot hold, record by record, and writes all others', async () => {
    const values = [
      '{"n":1}',
      '{"n":"x"}',
      'no json',
      '{"n":99999999999}',
      '[1]',
      '{"n":2}',
      '{"n":3,"at":"2026-01-02 03:04:05"}',
      '{"n":4,"said":"nul \\u0000"}',
      '{"n":5,"at":"2026-13-45T00:00:00Z"}',
    ]
    const columns = { n: 'integer', at: 'timestamptz', said: 'text' }
    const done = await write({ table: 'picky', columns }, await claimOf('picky'), batchOf(values, 'picky'))
    expect(done.counts).toMatchObject({ in: 9, delivered: 2, dead_lettered: 7, outputs: 2 })
    expect(await rowsOf('select n from picky order by n')).toEqual([{ n: 1 }, { n: 2 }])
    const letters = await deadLetterStoreIn(at().database).list({ pipeline: 'p', limit: 50 })
    const reasons = new Map(
      letters.filter(({ lane }) => lane === 'picky').map((letter) => [letter.number, letter]),
    )
    expect(reasons.get('1')?.reason).toContain('column n refused the record: "x" is no integer')
    expect(reasons.get('2')?.code).toBe('BODY_NOT_JSON')
    expect(reasons.get('4')?.reason).toContain('columns are read from an object')
    expect(reasons.get('6')?.reason).toContain('time with a zone')
    expect(reasons.get('1')?.value?.toString()).toBe('{"n":"x"}')
  })

  test('keeps a dead letter whose id, from a header that anybody can set, is no text for PostgreSQL', async () => {
    const builder = new BatchBuilder()
    const headers = [{ key: 'sluice-record-id', value: Buffer.from(`bad \u0000 ${'x'.repeat(5_000)}`) }]
    builder.add({ key: 'k', value: '{"n":"x"}', timeMs: 1, number: 0n, headers })
    builder.add({ key: 'k', value: '{"n":1}', timeMs: 1, number: 1n })
    const batch = builder.build({ pipeline: 'p', incarnation: 'x', lane: 'ids', stream: 's', next: 'n:2' })
    const done = await write({ table: 'ids', columns: { n: 'integer' } }, await claimOf('ids'), batch)
    expect(done.counts).toMatchObject({ in: 2, delivered: 1, dead_lettered: 1 })
  })

  test('takes JSON that speaks of U+0000 and refuses JSON that holds it', async () => {
    const values = [String.raw`{"j":{"said":"\\u0000"}}`, String.raw`{"j":{"said":"\u0000"}}`]
    const done = await write(
      { table: 'nul', columns: { j: 'jsonb' } },
      await claimOf('nul'),
      batchOf(values, 'nul'),
    )
    expect(done.counts).toMatchObject({ delivered: 1, dead_lettered: 1 })
  })

  test('finds the rows that only the database can refuse', async () => {
    await at().database.query('create table checked (n integer check (n % 7 <> 0))', [])
    const values = Array.from({ length: 50 }, (_, n) => JSON.stringify({ n: n + 1 }))
    const done = await write(
      { table: 'checked', columns: { n: 'integer' } },
      await claimOf('chk'),
      batchOf(values, 'chk'),
    )
    expect(done.counts).toMatchObject({ in: 50, delivered: 43, dead_lettered: 7 })
    expect(await rowsOf('select count(*) as rows from checked')).toEqual([{ rows: 43 }])
  })

  test('with a key keeps the newest row, deletes on a tombstone, and refuses one without a key', async () => {
    const columns = { key: { type: 'text', from: 'meta.key' }, n: 'integer' }
    const options = { table: 'keyed', columns, key: 'key' }
    const first = await write(
      options,
      await claimOf('keyed'),
      batchOf(['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}'], 'keyed'),
    )
    expect(await rowsOf('select * from keyed order by key')).toEqual([
      { key: 'k0', n: 4 },
      { key: 'k1', n: 2 },
      { key: 'k2', n: 3 },
    ])
    const second = await write(options, first.claim, batchOf([null, '{"n":9}', null], 'keyed', 4))
    expect(second.counts).toMatchObject({ delivered: 3, dead_lettered: 0 })
    expect(await rowsOf('select * from keyed')).toEqual([{ key: 'k1', n: 9 }])
    const plain = await write(
      { table: 'plain', columns: { n: 'integer' } },
      await claimOf('plain'),
      batchOf([null], 'plain'),
    )
    expect(plain.counts).toMatchObject({ delivered: 0, dead_lettered: 1 })
  })

  test('with on_conflict ignore counts what was there as deduplicated, within a batch and across', async () => {
    const columns = { id: { type: 'text', from: 'event.id' }, n: 'integer' }
    const options = { table: 'once', columns, key: ['id'], on_conflict: 'ignore' }
    const values = ['{"id":"a","n":1}', '{"id":"b","n":2}', '{"id":"a","n":3}']
    const first = await write(options, await claimOf('once'), batchOf(values, 'once'))
    expect(first.counts).toMatchObject({ delivered: 2, deduplicated: 1, outputs: 2 })
    const again = await write(
      options,
      first.claim,
      batchOf(['{"id":"b","n":7}', '{"id":"c","n":8}'], 'once', 3),
    )
    expect(again.counts).toMatchObject({ delivered: 1, deduplicated: 1 })
    expect(await rowsOf('select id, n from once order by id')).toEqual([
      { id: 'a', n: 1 },
      { id: 'b', n: 2 },
      { id: 'c', n: 8 },
    ])
  })

  test('writes nothing under a claim that is lost', async () => {
    const options = { table: 'fenced', columns: { n: 'integer' } }
    const old = await claimOf('fenced')
    const held = await claimOf('fenced')
    await expect(write(options, old, batchOf(['{"n":1}'], 'fenced'))).rejects.toMatchObject({
      code: 'LANE_FENCED',
    })
    const done = await write(options, held, batchOf(['{"n":2}'], 'fenced'))
    await expect(write(options, held, batchOf(['{"n":2}'], 'fenced'))).rejects.toMatchObject({
      code: 'LANE_FENCED',
    })
    expect(await rowsOf('select n from fenced')).toEqual([{ n: 2 }])
    const [lane] = (await positionStoreIn(at().database).lanes('p')).filter(({ lane }) => lane === 'fenced')
    expect(lane).toMatchObject({ position: 'n:1', epoch: done.claim.epoch })
    expect(lane === undefined ? Number.NaN : ledgerGap(lane.counts)).toBe(0)
  })

  test('fences whoever works a lane whose position is moved by hand', async () => {
    const options = { table: 'moved', columns: { n: 'integer' } }
    const claim = await claimOf('moved')
    const done = await write(options, claim, batchOf(['{"n":1}'], 'moved'))
    await positionStoreIn(at().database).move('p', new Map([['moved', 'n:0']]), 'somebody')
    await expect(write(options, done.claim, batchOf(['{"n":2}'], 'moved', 1))).rejects.toMatchObject({
      code: 'LANE_FENCED',
    })
    expect((await claimOf('moved')).position).toBe('n:0')
  })
})
