import { beforeEach, expect, test } from 'vitest'
import type { LogLevel } from '../../packages/sluice/src/kernel/logger.ts'
import { type LogLineQuery, logLineStoreIn } from '../../packages/sluice/src/store/log-lines.ts'
import { describeDatabases } from './databases.ts'

const all: LogLineQuery = {
  level: null,
  component: null,
  process: null,
  text: null,
  fromMs: null,
  toMs: null,
  limit: 100,
  offset: 0,
}

const line = (message: string, atMs: number, level: LogLevel = 'info', component = 'server') => ({
  atMs,
  level,
  component,
  process: 'up',
  host: 'here',
  message,
  fields: { number: 1, problem: 'it said 50% \\ _no_' },
})

describeDatabases('the log', (at) => {
  const store = () => logLineStoreIn(at().database)
  const nowMs = Date.now()

  beforeEach(async () => {
    await at().database.query('truncate sluice.log_lines', [])
  })

  const found = async (query: Partial<LogLineQuery>): Promise<readonly string[]> =>
    (await store().read({ ...all, ...query })).map(({ message }) => message)

  test('is found by level, component, text and time, newest first', async () => {
    await store().add([
      line('one', nowMs - 3_000, 'debug'),
      line('two', nowMs - 2_000, 'warn', 'pipeline a'),
      line('Three', nowMs - 1_000, 'error', 'pipeline b'),
    ])
    await store().add([])
    expect(await found({})).toEqual(['Three', 'two', 'one'])
    expect(await found({ level: 'warn' })).toEqual(['Three', 'two'])
    expect(await found({ component: 'pipeline a' })).toEqual(['two'])
    expect(await found({ component: 'pipeline*' })).toEqual(['Three', 'two'])
    expect(await found({ component: 'pipeline%' })).toEqual([])
    expect(await found({ text: 'three' })).toEqual(['Three'])
    expect(await found({ text: '50%' })).toEqual(['Three', 'two', 'one'])
    expect(await found({ text: '5%0' })).toEqual([])
    expect(await found({ process: 'worker 1' })).toEqual([])
    expect(await found({ fromMs: nowMs - 2_000, toMs: nowMs - 1_000 })).toEqual(['two'])
    expect(await found({ limit: 1, offset: 1 })).toEqual(['two'])
    expect(await store().components()).toEqual(['pipeline a', 'pipeline b', 'server'])
    const [last] = await store().last(1)
    expect(last).toMatchObject({ ...line('Three', nowMs - 1_000, 'error', 'pipeline b') })
  })

  test('keeps what no column can hold, and what steers SQL', async () => {
    const odd = `'; drop table x; -- \u0000 \uD800 "quoted" \\ é`
    await store().add([{ ...line(odd, nowMs), fields: { problem: odd } }])
    const [kept] = await store().read({ ...all, text: odd })
    expect(kept?.message).toBe(odd.replace('\u0000', '\uFFFD').replace('\uD800', '\uFFFD'))
  })

  test('is bounded by age and by size: the oldest go first', async () => {
    const day = 86_400_000
    await store().add([line('old', nowMs - 8 * day), line('young', nowMs - 6 * day)])
    expect(await store().prune({ keepMs: 7 * day, keepBytes: 1_000_000 })).toBe(1)
    expect(await found({})).toEqual(['young'])
    await store().add(Array.from({ length: 1_000 }, (_, i) => line(`line ${i}`, nowMs + i)))
    const removed = await store().prune({ keepMs: 7 * day, keepBytes: 20_000 })
    const [{ size = 0 } = {}] = (
      await at().database.query('select sum(size_bytes)::int as size from sluice.log_lines', [])
    ).rows
    expect(Number(size)).toBeLessThanOrEqual(20_000)
    expect(Number(size)).toBeGreaterThan(19_000)
    expect((await found({}))[0]).toBe('line 999')
    expect(removed).toBeGreaterThan(800)
  })
})
