import { expect, test } from 'vitest'
import type { ConfiguredPipeline } from '../config/configuration.ts'
import { silentLogger } from '../kernel/logger.ts'
import type { DeadLetterRow, DeadLetterStore } from '../store/dead-letters.ts'
import { deadLettersOf } from './dead-letters.ts'

const pipeline = (name: string, url: string | null): ConfiguredPipeline => ({
  name,
  description: null,
  source: { use: 'http', options: {} },
  steps: [],
  sink: { use: 'postgres', options: url === null ? {} : { url } },
  retry: { firstMs: 1, mostMs: 1, degradedAfter: 1 },
  fingerprint: name,
})

const letter = (id: number, name: string): DeadLetterRow => ({
  id,
  pipeline: name,
  lane: 'a',
  stream: 'a',
  number: '1',
  recordId: `${name}/${id}`,
  step: 'sink',
  code: 'RECORD_REFUSED',
  reason: 'no',
  attempts: 1,
  key: null,
  value: null,
  headers: [],
  timeMs: 0,
  state: 'dead',
  edited: false,
  deadAtMs: 0,
})

/** The letters of one database, and what was asked of it. */
const storeOf = (name: string, ids: readonly number[]) => {
  const asked: unknown[] = []
  const newest = ids.toSorted((a, b) => b - a)
  const store: DeadLetterStore = {
    list: ({ before, limit }) =>
      Promise.resolve(
        newest
          .filter((id) => before === undefined || id < before)
          .slice(0, limit)
          .map((id) => letter(id, name)),
      ),
    one: (id) => Promise.resolve(ids.includes(id) ? letter(id, name) : null),
    counts: () => Promise.resolve(new Map([[name, ids.length]])),
    redriveEdited: (id) => {
      asked.push(['redrive edited', id])
      return Promise.resolve(true)
    },
    redrive: (_, chosen) => {
      asked.push(['redrive', chosen])
      return Promise.resolve(chosen === 'all' ? ids.length : chosen.length)
    },
    purge: (_, chosen) => {
      asked.push(['purge', chosen])
      return Promise.resolve(chosen === 'all' ? ids.length : chosen.length)
    },
    toRedrive: () => Promise.resolve([]),
  }
  return { store, asked }
}

const elsewhere = 'postgres://elsewhere/db'

const setUp = () => {
  const own = storeOf('here', [1, 2, 3])
  const other = storeOf('there', [1, 2])
  const letters = deadLettersOf({
    pipelines: () => [
      pipeline('here', null),
      pipeline('there', elsewhere),
      pipeline('away', 'postgres://away/db'),
    ],
    at: (url) =>
      url === null
        ? Promise.resolve(own.store)
        : url === elsewhere
          ? Promise.resolve(other.store)
          : Promise.reject(new Error('cannot be reached')),
    logger: silentLogger,
  })
  return { own, other, letters }
}

test('lists the letters of every database that answers, each under a number of its own, page by page', async () => {
  const { letters } = setUp()
  const seen: DeadLetterRow[] = []
  for (let before: number | undefined; ; ) {
    const page = await letters.list({ before, limit: 2 })
    seen.push(...page)
    before = page.at(-1)?.id
    if (page.length < 2) break
  }
  expect(seen.map(({ recordId }) => recordId)).toEqual(['there/2', 'there/1', 'here/3', 'here/2', 'here/1'])
  expect(new Set(seen.map(({ id }) => id)).size).toBe(5)
  expect(seen.slice(2).map(({ id }) => id)).toEqual([3, 2, 1])
  expect((await letters.list({ pipeline: 'there', limit: 9 })).map(({ pipeline: name }) => name)).toEqual([
    'there',
    'there',
  ])
  expect([...(await letters.counts())]).toEqual([
    ['here', 3],
    ['there', 2],
  ])
})

test('finds, edits, redrives and purges a letter where it lives, and no other with the same number', async () => {
  const { own, other, letters } = setUp()
  const [theirs] = await letters.list({ pipeline: 'there', limit: 1 })
  const id = theirs?.id ?? 0
  expect(await letters.one(id)).toMatchObject({ id, recordId: 'there/2' })
  expect(await letters.one(2)).toMatchObject({ id: 2, recordId: 'here/2' })
  expect(await letters.redriveEdited(id, null)).toBe(true)
  expect(await letters.redrive('there', [id, 2])).toBe(1)
  expect(await letters.redrive('there', 'all')).toBe(2)
  expect(await letters.purge('here', [id, 3])).toBe(1)
  expect(other.asked).toEqual([
    ['redrive edited', 2],
    ['redrive', [2]],
    ['redrive', 'all'],
  ])
  expect(own.asked).toEqual([['purge', [3]]])
  await expect(letters.one(2 ** 52)).resolves.toBe(null)
})
