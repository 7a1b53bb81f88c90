import { once } from 'node:events'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { expect, test } from 'vitest'
import { emptyLedger } from '../../packages/sluice/src/flow/ledger.ts'
import { fault } from '../../packages/sluice/src/kernel/faults/index.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { openDatabase } from '../../packages/sluice/src/store/database.ts'
import { deadLetterStoreIn } from '../../packages/sluice/src/store/dead-letters.ts'
import { definitionStoreIn } from '../../packages/sluice/src/store/definitions.ts'
import { commitStoreIn } from '../../packages/sluice/src/store/lanes.ts'
import { leaseStoreIn } from '../../packages/sluice/src/store/leases.ts'
import { checkSchema, migrate } from '../../packages/sluice/src/store/migrate.ts'
import { processStoreIn } from '../../packages/sluice/src/store/processes.ts'
import { describeDatabases } from './databases.ts'

describeDatabases('the store', (at) => {
  test('is migrated once, however many servers start together', async () => {
    const servers = Array.from({ length: 4 }, () =>
      openDatabase({ url: at().url, namespace: 'together', logger: silentLogger }),
    )
    await Promise.all(servers.map(migrate))
    await expect(Promise.all(servers.map(checkSchema))).resolves.toHaveLength(4)
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
  })

  test('refuses a worker whose schema is not there', async () => {
    await using other = openDatabase({ url: at().url, namespace: 'other', logger: silentLogger })
    await expect(checkSchema(other)).rejects.toMatchObject({ code: 'SCHEMA_TOO_OLD' })
  })

  test('refuses an older generation of a group, and lets operators and later generations claim', async () => {
    const store = commitStoreIn(at().database)
    const lane = { pipeline: 'generations', lane: 'a' }
    expect(await store.claim(lane, 'one', 7)).toMatchObject({ epoch: 1 })
    expect(await store.claim(lane, 'two', 8)).toMatchObject({ epoch: 2 })
    await expect(store.claim(lane, 'one', 7)).rejects.toMatchObject({ code: 'LANE_FENCED' })
    expect(await store.claim(lane, 'two', 8)).toMatchObject({ epoch: 3 })
  })

  test('takes a lane from a process that stalled in the middle of a write, whose commit then changes nothing', async () => {
    const { database, url } = at()
    await database.query('create table stalled (n integer)', [])
    const lane = { pipeline: 'stalled', lane: 'a' }
    const store = commitStoreIn(database)
    const { epoch, position: expected } = await store.claim(lane, 'zombie', null)
    const zombie = new pg.Client({ connectionString: url, application_name: 'sluice' })
    zombie.on('error', () => undefined)
    await zombie.connect()
    await zombie.query('begin')
    await zombie.query("select 1 from sluice.lanes where pipeline = 'stalled' for update")
    const copy = zombie.query(copyFrom('copy stalled from stdin'))
    const ended = once(copy, 'error')
    copy.write('1\n')
    await using heir = openDatabase({ url, namespace: 'sluice', logger: silentLogger, lockTimeoutMs: 300 })
    expect(await commitStoreIn(heir).claim(lane, 'heir', null)).toMatchObject({
      epoch: epoch + 1,
      position: null,
    })
    await ended
    const late = { ...lane, epoch, expected, next: 'x:1', counts: emptyLedger, deadLetters: [] }
    await expect(store.commit(late)).rejects.toMatchObject({ code: 'LANE_FENCED' })
    expect((await database.query('select n from stalled', [])).rows).toEqual([])
    await zombie.end().catch(() => undefined)
  })

  test('waits for a lock only so long, and says so', async () => {
    const { database, url } = at()
    await database.query('create table locked (n integer)', [])
    await using other = openDatabase({ url, namespace: 'sluice', logger: silentLogger, lockTimeoutMs: 200 })
    await database.transaction(async (session) => {
      await session.query('lock table locked in access exclusive mode', [])
      const insert = other.query('insert into locked values (1)', [])
      await expect(insert).rejects.toThrow('canceling statement due to lock timeout')
    })
    await expect(other.query('insert into locked values (1)', [])).resolves.toMatchObject({ rowCount: 1 })
  })

  test('gives each lease to one owner, shares by count, and lets a lease run out', async () => {
    const leases = leaseStoreIn(at().database)
    const lanes = ['a', 'b', 'c']
    expect(await leases.hold('p', lanes, 'one', 2, 60_000)).toEqual(['a', 'b'])
    expect(await leases.hold('p', lanes, 'two', 2, 1)).toEqual(['c'])
    expect(await leases.hold('p', lanes, 'one', 2, 60_000)).toEqual(['a', 'b'])
    await expect.poll(() => leases.hold('p', ['c'], 'three', 1, 60_000), { timeout: 5_000 }).toEqual(['c'])
    await leases.release('p', ['a'], 'one')
    expect(await leases.hold('p', lanes, 'two', 2, 60_000)).toEqual(['a'])
  })

  test('keeps a revision once and tells of it', async () => {
    const definitions = definitionStoreIn(at().database)
    const heard: string[] = []
    await at().database.listen('sluice_changes', (payload) => heard.push(payload))
    const first = await definitions.keep('pipelines: {}', '/somewhere', 'test')
    const again = await definitions.keep('pipelines: {}', '/somewhere', 'test')
    expect(again.id).toBe(first.id)
    const second = await definitions.keep('workers: 2', '/somewhere', 'test')
    expect((await definitions.newest())?.id).toBe(second.id)
    await definitions.want('p', 'paused', 'test')
    expect((await definitions.desired()).get('p')).toBe('paused')
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['', 'revision', 'revision', 'run_state'])
  })

  test('forgets processes that went silent', async () => {
    const processes = processStoreIn(at().database)
    await processes.tell({ id: 'w', kind: 'worker', host: 'h', pid: 1, status: [{ a: 1 }] })
    expect(await processes.list(60_000)).toMatchObject([{ id: 'w', kind: 'worker', status: [{ a: 1 }] }])
    expect(await processes.list(-1)).toEqual([])
  })

  test('rolls back a transaction whose work fails, and goes on with the next', async () => {
    const { database } = at()
    await database.query('create table tx (n integer)', [])
    await expect(
      database.transaction(async (session) => {
        await session.query('insert into tx values (1)', [])
        throw fault('NOT_FOUND', { kind: 'reason', name: 'none' })
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await database.transaction((session) => session.copyIn('copy tx from stdin', '2\n3\n'))
    expect((await database.query('select n from tx order by n', [])).rows).toEqual([{ n: 2 }, { n: 3 }])
  })

  test('goes on after the server dropped its connections', async () => {
    const { database } = at()
    const heard: string[] = []
    await database.listen('again', (payload) => heard.push(payload))
    await database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      [],
    )
    await expect.poll(async () => (await database.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    await expect
      .poll(
        async () => {
          await database.query("select pg_notify('again', 'hello')", [])
          return heard.includes('hello')
        },
        { timeout: 10_000 },
      )
      .toBe(true)
  })

  test('takes one of two edited redrives of a dead letter, whole, and the other changes nothing', async () => {
    const { database } = at()
    const inserted = await database.query(
      `insert into sluice.dead_letters (pipeline, lane, stream, number, record_id, step, code, reason, attempts, headers, time)
       values ('twice', 'a', 'a', '1', 'a/1', 'sink', 'RECORD_REFUSED', 'no', 1, '[]', now()) returning id`,
      [],
    )
    const id = Number(inserted.rows[0]?.['id'])
    const letters = deadLetterStoreIn(database)
    const values = ['one', 'two'].map((text) => Buffer.from(text))
    const taken = await Promise.all(values.map((value) => letters.redriveEdited(id, value)))
    expect(taken.filter(Boolean)).toEqual([true])
    expect(await letters.one(id)).toMatchObject({
      state: 'redriving',
      edited: true,
      value: values[taken.indexOf(true)],
    })
    expect((await letters.toRedrive('twice', 5)).map((letter) => letter.id)).toEqual([id])
  })
})
