import { expect, test } from 'vitest'
import { type SessionStore, sessionStoreIn } from '../../packages/sluice/src/store/sessions.ts'
import { describeDatabases } from './databases.ts'

const session = (hash: string, linkHash: string, atMs = 0) => ({
  hash,
  linkHash,
  replaces: null,
  createdAtMs: atMs,
  seenAtMs: atMs,
  expiresAtMs: atMs + 1_000,
  endsAtMs: atMs + 5_000,
})

const addLink = (store: SessionStore, hash: string, atMs = 0): Promise<void> =>
  store.addLink({ hash, principal: 'admin', createdAtMs: atMs, expiresAtMs: atMs + 600 }, 3)

describeDatabases('sessions', (at) => {
  test('of all who spend a link at once, one gets a session', async () => {
    const store = sessionStoreIn(at().database)
    await addLink(store, 'contested')
    const got = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.exchange(session(`contested-${i}`, 'contested'), 1, 100)),
    )
    expect(got.filter((principal) => principal !== null)).toEqual(['admin'])
    const found = await Promise.all(got.map((_, i) => store.find(`contested-${i}`)))
    expect(found.filter((row) => row !== null)).toHaveLength(1)
  })

  test('a link is good until it expires, and spent when it was used', async () => {
    const store = sessionStoreIn(at().database)
    await addLink(store, 'short')
    expect([await store.hasLink('short', 599), await store.hasLink('short', 600)]).toEqual([true, false])
    expect(await store.exchange(session('late', 'short'), 600, 100)).toBeNull()
    expect(await store.exchange(session('early', 'short'), 599, 100)).toBe('admin')
    expect([await store.hasLink('short', 599), await store.hasLink('no such', 0)]).toEqual([false, false])
  })

  test('the newest links are kept, and those that expired go', async () => {
    const store = sessionStoreIn(at().database)
    for (const n of [1, 2, 3, 4]) await addLink(store, `kept-${n}`, 10_000 + n)
    const has = await Promise.all([1, 2, 3, 4].map((n) => store.hasLink(`kept-${n}`, 10_100)))
    expect(has).toEqual([false, true, true, true])
    await addLink(store, 'later', 20_000)
    const { rows } = await at().database.query('select hash from sluice.sign_in_links', [])
    expect(rows).toEqual([{ hash: 'later' }])
  })

  test('a session is read as it was made, is kept alive, replaced and removed', async () => {
    const store = sessionStoreIn(at().database)
    await addLink(store, 'a', 30_000)
    await addLink(store, 'b', 30_000)
    await store.exchange(session('first', 'a', 30_000), 30_000, 100)
    const { linkHash: _link, replaces: _replaces, ...made } = session('first', 'a', 30_000)
    expect(await store.find('first')).toEqual({ ...made, principal: 'admin' })
    await store.touch('first', 30_500, 31_500)
    expect(await store.find('first')).toMatchObject({
      seenAtMs: 30_500,
      expiresAtMs: 31_500,
      endsAtMs: 35_000,
    })
    await store.exchange({ ...session('second', 'b', 30_000), replaces: 'first' }, 30_500, 100)
    expect(await store.find('first')).toBeNull()
    await store.remove('second')
    expect(await store.find('second')).toBeNull()
  })

  test('the sessions that were seen last are kept, the new one always, and those that ended go', async () => {
    const store = sessionStoreIn(at().database)
    for (const n of [1, 2, 3]) {
      await addLink(store, `many-${n}`, 50_000 + n)
      await store.exchange(session(`many-${n}`, `many-${n}`, 50_000 + n), 50_000 + n, 2)
    }
    const found = await Promise.all([1, 2, 3].map((n) => store.find(`many-${n}`)))
    expect(found.map((row) => row?.hash)).toEqual([undefined, 'many-2', 'many-3'])
    await addLink(store, 'after', 60_000)
    await store.exchange(session('after', 'after', 60_000), 60_000, 100)
    const { rows } = await at().database.query('select hash from sluice.sessions', [])
    expect(rows).toEqual([{ hash: 'after' }])
  })
})
